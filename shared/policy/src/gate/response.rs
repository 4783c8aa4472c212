//! What is done to a response: our own header is taken out of one that is not ours, edits that it was waiting for are made, and whoever
//! wants to see it does.

use super::{Exchange, Gate, Phase, rest};
use crate::contract::{Effect, Effects, Event, Origin, Policy, Step};
use crate::head::{Edit, REASON_HEADER};
use crate::host::{Action, ExchangeId, Host, Side};

impl<P: Policy> Gate<P> {
    /// The head of a response. `end`: there is no body.
    pub fn on_response(&mut self, id: ExchangeId, end: bool, host: &dyn Host) -> Action {
        let known = self.exchanges.get_mut(id);
        let answered_here = known.as_ref().is_some_and(|exchange| matches!(exchange.phase, Phase::Answered));
        let told = !self.shadow && !answered_here && strip_response(host);
        let Some(exchange) = known else {
            if let Some(later) = self.later.remove(id) {
                edit_response(&later, told, host);
            }
            return Action::Continue;
        };
        match &exchange.phase {
            Phase::Watching => {}
            // Only the body of the request is held, and the upstream did not wait for it. Nobody who wants to see the response may
            // miss it for that, or a client would only have to send its body slowly.
            Phase::Waiting { .. } | Phase::Reading(_)
                if exchange.later.watch() && exchange.is_undecided() && origin(host) == Origin::Upstream =>
            {
                exchange.early = true;
            }
            // Our own answer; one that the proxy gave in the upstream's place; one to a request of which the upstream has no more
            // than the head; or the request went on undecided in shadow mode.
            Phase::Answered | Phase::Waiting { .. } | Phase::Reading(_) => return Action::Continue,
        }
        let Some(mut exchange) = self.exchanges.remove(id) else { return Action::Continue };
        let step = self.respond(&mut exchange, told, host);
        self.settle(id, exchange, step, Side::Response, rest(end), host)
    }

    /// Makes the edits that the response was waiting for, and shows it to the policy if it wants to see it.
    fn respond(&mut self, exchange: &mut Exchange<P>, told: bool, host: &dyn Host) -> Step {
        let later = std::mem::take(&mut exchange.later);
        edit_response(&later, told, host);
        if !later.watch() {
            return Step::go_on();
        }
        let head = host.head(Side::Response);
        let event = Event::Response(&head, origin(host));
        self.ask(&mut exchange.memory, &exchange.request, exchange.bodiless, event, host)
    }
}

/// Takes our own header out of a response that is not ours: an upstream must not speak in our name. Another filter's
/// refusal keeps its header. Only a response that has the header costs a look at who made it. Whether the header stays.
fn strip_response(host: &dyn Host) -> bool {
    if host.header(Side::Response, REASON_HEADER).is_none() {
        return false;
    }
    let stays = origin(host) != Origin::Upstream;
    if !stays {
        host.edit(Side::Response, &Edit::Remove(REASON_HEADER.into()));
    }
    stays
}

/// Makes the edits that the response was waiting for. `told`: it is known to say why it was refused, or not to.
fn edit_response(later: &Effects, told: bool, host: &dyn Host) {
    for effect in &later.more {
        let Effect::Response(edits) = effect else { continue };
        for edit in edits.iter() {
            if let (Edit::SetBesideReason(name, _), false) = (edit, told) {
                // Most responses say nothing of it, and need no other look.
                host.edit(Side::Response, &Edit::Remove(name.clone()));
            } else {
                host.edit(Side::Response, edit);
            }
        }
    }
}

/// Who made the response. A host that does not tell is not believed to have made it itself.
fn origin(host: &dyn Host) -> Origin {
    match host.attribute("response\0code_details") {
        Some(details) if details != b"via_upstream" => Origin::Local,
        Some(_) | None => Origin::Upstream,
    }
}
