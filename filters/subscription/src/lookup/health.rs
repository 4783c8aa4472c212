//! Whether a source answers: how often one that does not is tried, and what the operator is told of it.

use std::time::Duration;

use verdict_policy::time::Mono;

use super::answer::Failure;
use super::flight::Question;

/// How far apart attempts are while the source fails.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);

/// How far apart accounts of a failure are at least: a source that fails now and then must not fill the log.
const BETWEEN_NOTES: Duration = Duration::from_secs(60);

/// Whether a source answers.
#[derive(Default)]
pub(super) struct Health {
    state: State,
    /// Failures since the operator was last told that all is well.
    failures: u64,
    /// Since when there was no good answer.
    since: Mono,
    /// Whether the operator was told that the source fails, and not yet that it is good again.
    is_told: bool,
    /// Before that, the operator is not told of a failure.
    quiet_until: Mono,
    note: Option<String>,
}

#[derive(Default)]
enum State {
    /// The last answer was good.
    #[default]
    Good,
    /// One question, and no other, has failed since: its answer may be all that is wrong, and one bad answer, however often it is asked
    /// for, must not keep all others from being asked.
    Suspect { question: Question },
    /// Several have. One is asked from then on.
    Failing { attempt_from: Mono },
}

impl Health {
    /// Whether the source is failing.
    pub(super) fn is_failing(&self) -> bool {
        match self.state {
            State::Good | State::Suspect { .. } => false,
            State::Failing { .. } => true,
        }
    }

    /// Since when, at the first failure already.
    pub(super) fn failing_since(&self) -> Option<Mono> {
        match self.state {
            State::Good => None,
            State::Suspect { .. } | State::Failing { .. } => Some(self.since),
        }
    }

    /// Whether a question may be asked now. If so, it is.
    pub(super) fn admits(&mut self, now: Mono) -> bool {
        match &mut self.state {
            State::Good | State::Suspect { .. } => true,
            State::Failing { attempt_from } if now < *attempt_from => false,
            State::Failing { attempt_from } => {
                *attempt_from = now.after(BETWEEN_ATTEMPTS);
                true
            }
        }
    }

    /// An answer was good.
    pub(super) fn succeed(&mut self, label: &str) {
        self.state = State::Good;
        if std::mem::take(&mut self.is_told) {
            self.note = Some(format!("`{label}`: answers again, after {} failures", self.failures));
        }
        self.failures = 0;
    }

    /// There was none that can be used.
    pub(super) fn fail(&mut self, question: &Question, failure: &Failure, label: &str, cluster: &str, now: Mono) {
        self.failures = self.failures.saturating_add(1);
        self.state = match std::mem::take(&mut self.state) {
            State::Good => {
                self.since = now;
                State::Suspect { question: question.clone() }
            }
            State::Suspect { question: before } if before == *question => State::Suspect { question: before },
            State::Suspect { .. } => State::Failing { attempt_from: now.after(BETWEEN_ATTEMPTS) },
            State::Failing { attempt_from } => State::Failing { attempt_from },
        };
        if !self.is_told && now >= self.quiet_until {
            self.is_told = true;
            self.quiet_until = now.after(BETWEEN_NOTES);
            // Not the path: its query may hold a credential, and what is asked for is a caller's.
            self.note = Some(format!("`{label}`: a question to `{cluster}` failed, {failure}"));
        }
    }

    /// What the operator should know, once.
    pub(super) fn note(&mut self) -> Option<String> {
        self.note.take()
    }
}
