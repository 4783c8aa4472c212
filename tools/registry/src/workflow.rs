//! The workflow of a subscription: its states, and what may be done in which.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Asked for, and nobody has decided.
    Pending,
    /// Approved.
    Active,
    /// Refused when it was asked for. The consumer may ask again.
    Rejected,
    /// Approved, and stopped for a while.
    Suspended,
    /// Ended for good.
    Revoked,
}

/// What is done to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Asks for it: a request of its own, and no action of an administrator.
    #[serde(skip_deserializing)]
    Ask,
    /// Lets it begin.
    Approve,
    /// Does not.
    Reject,
    /// Stops it for a while.
    Suspend,
    /// Lets it go on.
    Resume,
    /// Ends it for good.
    Revoke,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Rejected, Self::Suspended, Self::Revoked];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 6] = [Self::Ask, Self::Approve, Self::Reject, Self::Suspend, Self::Resume, Self::Revoke];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Revoke => "revoke",
        }
    }
}

/// The state that follows, or `None` where the action is not allowed. A subscription that is not there has no state.
pub fn next(state: Option<State>, action: Action) -> Option<State> {
    let (allowed, next) = match action {
        Action::Ask => (matches!(state, None | Some(State::Rejected)), State::Pending),
        Action::Approve => (state == Some(State::Pending), State::Active),
        Action::Reject => (state == Some(State::Pending), State::Rejected),
        Action::Suspend => (state == Some(State::Active), State::Suspended),
        Action::Resume => (state == Some(State::Suspended), State::Active),
        Action::Revoke => (matches!(state, Some(State::Active | State::Suspended)), State::Revoked),
    };
    allowed.then_some(next)
}

/// What may be done in that state, by name.
pub fn allowed(state: State) -> Vec<&'static str> {
    let allowed = Action::ALL.into_iter().filter(|action| next(Some(state), *action).is_some());
    allowed.map(Action::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PENDING: Option<State> = Some(State::Pending);
    const ACTIVE: Option<State> = Some(State::Active);
    const REJECTED: Option<State> = Some(State::Rejected);
    const SUSPENDED: Option<State> = Some(State::Suspended);
    const REVOKED: Option<State> = Some(State::Revoked);

    #[test]
    fn each_action_leads_from_each_state_to_one_state_or_is_refused() {
        use Action::{Approve, Ask, Reject, Resume, Revoke, Suspend};
        #[rustfmt::skip] // a table
        let table = [
            //           Ask      Approve Reject    Suspend    Resume  Revoke
            (None,      [PENDING, None,   None,     None,      None,   None]),
            (PENDING,   [None,    ACTIVE, REJECTED, None,      None,   None]),
            (ACTIVE,    [None,    None,   None,     SUSPENDED, None,   REVOKED]),
            (REJECTED,  [PENDING, None,   None,     None,      None,   None]),
            (SUSPENDED, [None,    None,   None,     None,      ACTIVE, REVOKED]),
            (REVOKED,   [None,    None,   None,     None,      None,   None]),
        ];
        assert_eq!(table.len(), State::ALL.len() + 1);
        for (state, expected) in table {
            for (action, expected) in [Ask, Approve, Reject, Suspend, Resume, Revoke].into_iter().zip(expected) {
                assert_eq!(next(state, action), expected, "{action:?} in {state:?}");
            }
        }
    }

    #[test]
    fn what_may_be_done_is_named() {
        assert_eq!(allowed(State::Active), ["suspend", "revoke"]);
        assert_eq!(allowed(State::Revoked), [""; 0]);
    }

    #[test]
    fn states_and_actions_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for action in Action::ALL {
            let read: Option<Action> = serde_json::from_value(action.name().into()).ok();
            // Asking has a route of its own.
            assert_eq!(read, (action != Action::Ask).then_some(action));
        }
    }
}
