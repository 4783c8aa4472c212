//! Questions whose answer is under way: one call each, and what the source says meanwhile of the same caller.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

use verdict_policy::time::Mono;

use super::Caller;
use super::answer::Told;
use crate::subscription::Period;

/// What is asked: who is that, and what of the API with that number may they call?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    /// First, so that all questions about one caller are beside each other.
    pub(super) caller: Caller,
    pub(super) api: u32,
}

/// A question whose answer is under way.
pub(super) struct Flight {
    pub(super) question: Question,
    stage: Stage,
    /// What the source said of the same caller meanwhile.
    pub(super) sibling: Option<Sibling>,
}

enum Stage {
    /// The call is yet to be made.
    Asked,
    /// It was made, when the source had told that version.
    Called { since: Mono, floor: u64 },
}

/// What the source said of a caller when it was asked about another API.
pub(super) struct Sibling {
    version: u64,
    /// The consumer, and when the key is valid; `None`: the source does not know the caller.
    caller: Option<(Rc<str>, Period)>,
}

/// Every question whose answer is under way.
#[derive(Default)]
pub(super) struct Flights {
    by_number: BTreeMap<u32, Flight>,
    by_question: BTreeMap<Question, u32>,
    next: u32,
}

impl Question {
    /// The questions about that caller.
    pub(super) fn every_api(&self) -> RangeInclusive<Self> {
        Self { caller: self.caller.clone(), api: 0 }..=Self { caller: self.caller.clone(), api: u32::MAX }
    }
}

impl Sibling {
    fn of(told: &Told) -> Self {
        let caller = told.known.as_ref().map(|known| (Rc::clone(&known.consumer), known.credential));
        Self { version: told.version, caller }
    }

    /// Whether an answer is older than this and at odds with it. In one and the same version, that nobody is known wins.
    pub(super) fn overrules(&self, told: &Told) -> bool {
        match (&self.caller, &told.known) {
            (None, None) => false,
            (None, Some(_)) => self.version >= told.version,
            (Some(_), None) => self.version > told.version,
            (Some((consumer, credential)), Some(known)) => {
                self.version > told.version && (*consumer != known.consumer || *credential != known.credential)
            }
        }
    }
}

impl Flights {
    /// The call for that question.
    pub(super) fn of(&self, question: &Question) -> Option<u32> {
        self.by_question.get(question).copied()
    }

    /// A call for that question is to be made.
    pub(super) fn begin(&mut self, question: Question) -> u32 {
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.by_question.insert(question.clone(), number);
        self.by_number.insert(number, Flight { question, stage: Stage::Asked, sibling: None });
        number
    }

    /// It is made now; `floor` is the highest version that the source has told.
    pub(super) fn call(&mut self, number: u32, now: Mono, floor: u64) {
        if let Some(flight) = self.by_number.get_mut(&number) {
            flight.stage = Stage::Called { since: now, floor };
        }
    }

    pub(super) fn is_called(&self, number: u32) -> bool {
        self.by_number.get(&number).is_some_and(|flight| matches!(flight.stage, Stage::Called { .. }))
    }

    /// The call that was made first of all that have not ended, and when. They are made in the order of their numbers.
    pub(super) fn oldest(&self) -> Option<(u32, Mono)> {
        let (number, flight) = self.by_number.first_key_value()?;
        match flight.stage {
            Stage::Asked => None,
            Stage::Called { since, .. } => Some((*number, since)),
        }
    }

    /// Ends a call; with it comes the version that the source had told when it was made.
    pub(super) fn end(&mut self, number: u32) -> Option<(Flight, u64)> {
        let flight = self.by_number.remove(&number)?;
        self.by_question.remove(&flight.question);
        let floor = match flight.stage {
            Stage::Asked => 0,
            Stage::Called { floor, .. } => floor,
        };
        Some((flight, floor))
    }

    /// Tells the other calls about the same caller what the source has said.
    pub(super) fn tell_siblings(&mut self, question: &Question, told: &Told) {
        for number in self.by_question.range(question.every_api()).map(|(_, number)| number) {
            let Some(flight) = self.by_number.get_mut(number) else { continue };
            if flight.sibling.as_ref().is_none_or(|sibling| told.version >= sibling.version) {
                flight.sibling = Some(Sibling::of(told));
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }
}
