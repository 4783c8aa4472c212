//! Exchanges that are over: forgotten though nobody tells of their end, and never taken up again.

use super::{Gate, Phase, WAITING_LIMIT};
use crate::contract::Policy;
use crate::host::{ExchangeId, Host};

impl<P: Policy> Gate<P> {
    /// Looks at so many exchanges of each kind, and forgets those that are over. `current` is whom the host is telling about.
    pub(super) fn forget_ended(&mut self, count: usize, current: Option<ExchangeId>, host: &dyn Host) {
        // A host that does not even know that one cannot tell which are gone, and another may say of all that they are there. What was answered
        // need not be remembered for ever then: if more of it comes, nobody waits for it.
        let (believed, crowded) = (host.focus(current), self.exchanges.len() >= WAITING_LIMIT);
        let is_over = |id| believed && !host.focus(Some(id));
        self.exchanges
            .look_after(count, &|id, exchange| crowded && matches!(exchange.phase, Phase::Answered) || is_over(id));
        self.later.look_after(count, &|id, _| is_over(id));
        host.focus(current);
    }

    /// How many exchanges are remembered, with those that are over and were not looked at since.
    pub fn remembered(&self) -> usize {
        self.exchanges.len() + self.later.len()
    }
}

/// Whether the exchange in focus is over, though the host still knows it: Envoy ends an exchange before it frees it, and whoever let such a one go
/// on would wake what is no more. How long a request took is known once it is over; a host that tells it before says nothing by that.
pub(super) fn has_ended(host: &dyn Host) -> bool {
    host.attribute("request\0duration").is_some()
}

/// Turns to an exchange that shall be taken up again. `false` if it is over.
pub(super) fn turn_to(id: ExchangeId, tells_end: bool, host: &dyn Host) -> bool {
    host.focus(Some(id)) && !(tells_end && has_ended(host))
}
