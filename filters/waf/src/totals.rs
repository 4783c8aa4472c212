//! How often each rule of the rule set matched.

use verdict_policy::settings::Mode;
use verdict_policy::sorted::Sorted;

/// Counts by the rule's id, its phase and the mode of the filter's rule. The rule set bounds how many there are.
#[derive(Debug, Default)]
pub(crate) struct Totals(Sorted<(u64, u8, bool), u64>);

impl Totals {
    /// A rule matched.
    pub fn add(&mut self, id: u64, phase: u8, mode: Mode) {
        let key = (id, phase, mode == Mode::Shadow);
        match self.0.get_mut(&key) {
            Some(count) => *count = count.saturating_add(1),
            None => {
                self.0.insert(key, 1);
            }
        }
    }

    /// All of them: the id, the phase, the mode, and how often.
    pub fn each(&self, mut tell: impl FnMut(u64, &str, &str, u64)) {
        for ((id, number, shadow), count) in self.0.iter() {
            let mode = if *shadow { Mode::Shadow } else { Mode::Enforce };
            tell(*id, phase(*number), mode.name(), *count);
        }
    }
}

/// What a phase of the rule language is called for people.
pub(crate) fn phase(number: u8) -> &'static str {
    match number {
        1 => "request_headers",
        2 => "request_body",
        3 => "response_headers",
        4 => "response_body",
        _ => "logging",
    }
}
