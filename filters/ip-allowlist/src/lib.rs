//! Admits requests by the address they come from.
//!
//! Each rule has an `allow` and a `deny` list of addresses, named lists, countries and networks. Deny wins inside a rule, and who is
//! not named is refused. Everything turns on whose address is meant, so the operator says where it comes from: there is no default.

pub mod block;
pub mod builder;
mod config;
pub mod contradictions;
pub mod entry;
mod geo;
pub mod list_text;
mod lists;
pub mod loading;
pub mod ranges;
pub mod raw;
mod reasons;
mod terms;

use std::rc::Rc;
use std::time::Duration;

use verdict_policy::client_address::{ClientAddress, Unreadable};
use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step, Then, Wait};
use verdict_policy::crypto::Crypto;
use verdict_policy::date;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::{Rule, Rules};
use verdict_policy::time::{Mono, Now};

use geo::Geo;
use lists::List;
use terms::{Hit, Named, Terms};

/// How long a request waits for the first fetches of its lists.
const LIST_WAIT: Duration = Duration::from_secs(5);

/// The filter.
pub struct IpAllowlist {
    rules: Rules<Asks>,
    client_address: ClientAddress,
    geo: Option<Geo>,
    lists: Vec<List>,
}

/// What a rule asks.
struct Asks {
    allow: Terms,
    deny: Terms,
}

impl Policy for IpAllowlist {
    const NAME: &'static str = "ip-allowlist";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = false;
    const READS_BODIES: bool = false;
    /// Until when it may wait for lists, once it has begun to.
    type Exchange = Option<Mono>;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        config::read(document, problems)
    }

    fn on(&mut self, deadline: &mut Option<Mono>, event: Event<'_>, env: &Env<'_>) -> Step {
        match event {
            Event::Request | Event::Again | Event::TimedOut => self.decide(deadline, env),
            Event::RequestBody(_) | Event::Response(..) | Event::ResponseBody(_) => Step::go_on(),
        }
    }

    fn next(&mut self, now: Now) -> Next {
        let mut soonest: Option<Mono> = None;
        let mut busy = false;
        for list in &mut self.lists {
            // One piece of one list at a time; the others' calls need not wait for it.
            if busy && list.is_loading() {
                continue;
            }
            match list.next(now) {
                Next::Sleep(at) => soonest = soonest.into_iter().chain(at).min(),
                Next::Busy => busy = true,
                other @ (Next::Call(_) | Next::Note(_) | Next::Ready(_)) => return other,
            }
        }
        if busy { Next::Busy } else { Next::Sleep(soonest) }
    }

    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        if let Some(list) = self.lists.iter_mut().find(|list| list.awaits(call)) {
            list.on_reply(call, reply, now);
        }
    }

    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        for list in &self.lists {
            list.gauges(now, tell);
        }
    }
}

impl IpAllowlist {
    fn decide(&self, deadline: &mut Option<Mono>, env: &Env<'_>) -> Step {
        let (rule, asks) = match self.rules.find(env) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let client = match self.client_address.of(env.request, env.attributes) {
            Ok(client) => client,
            Err(why) => return Step::deny(unreadable(why, rule)),
        };
        let told = self.geo.as_ref().map(|geo| geo.told(env.request));
        let refused = |reason: &'static Reason| {
            let denial = Denial::new(reason, rule).with("address", client.ip);
            // Whoever reads the log shall know that a header may have said so.
            if client.from_header { denial.with_full("address_from", "header") } else { denial }
        };
        let entry = |denial: Denial, named: Named<'_>| {
            let denial = denial.with_full("entry", named.entry()).at(named.place());
            match named.comment() {
                Some(comment) => denial.with_full("comment", comment),
                None => denial,
            }
        };

        let refuse_unknown = self.geo.as_ref().is_none_or(|geo| geo.refuse_unknown);
        let missing = match asks.deny.find(client.ip, told, &self.lists, refuse_unknown, env.now) {
            Hit::Named(named) => return Step::deny(entry(refused(&reasons::DENIED), named)),
            Hit::Unknown(place) if refuse_unknown => {
                return Step::deny(refused(&reasons::COUNTRY_UNKNOWN).at(place.clone()));
            }
            Hit::Unavailable(list) => Some(list),
            Hit::Unknown(_) | Hit::Ended(..) | Hit::None => None,
        };
        // Also where a list is missing that might refuse: whom no entry admits is refused whatever that list says.
        match asks.allow.find(client.ip, told, &self.lists, false, env.now) {
            Hit::Named(_) => match missing {
                Some(list) => self.unavailable(list, rule, deadline, env),
                None => Step::allow(rule),
            },
            Hit::Ended(named, until) => {
                Step::deny(entry(refused(&reasons::ADMISSION_ENDED).with("until", date::written(until)), named))
            }
            Hit::Unavailable(list) => self.unavailable(missing.unwrap_or(list), rule, deadline, env),
            Hit::Unknown(_) if asks.allow.only_origins() => {
                Step::deny(refused(&reasons::COUNTRY_UNKNOWN).at(rule.place.key("allow")))
            }
            Hit::None if asks.allow.only_origins() => Step::deny(
                told.map_or(refused(&reasons::COUNTRY_NOT_ALLOWED), |told| {
                    refused(&reasons::COUNTRY_NOT_ALLOWED).with("origin", told)
                })
                .at(rule.place.key("allow")),
            ),
            Hit::Unknown(_) | Hit::None => Step::deny(refused(&reasons::NOT_ALLOWED).at(rule.place.key("allow"))),
        }
    }

    /// A list cannot be asked: its first fetch is worth waiting for.
    fn unavailable(&self, list: &List, rule: &Rc<Rule>, deadline: &mut Option<Mono>, env: &Env<'_>) -> Step {
        let now = (env.now)();
        let until = *deadline.get_or_insert(now.mono.after(LIST_WAIT));
        match list.coming(now) {
            Some(call) if now.mono < until => Then::Wait(Wait { rule: Rc::clone(rule), call, until }).into(),
            Some(_) | None => Step::unable(Denial::new(&reasons::LIST_UNAVAILABLE, rule).with_full("list", &list.name)),
        }
    }
}

/// The refusal of a request whose client nobody can tell. Always a refusal: an address that is not known admits nobody, whatever
/// `on_error` says.
fn unreadable(why: Unreadable, rule: &Rc<Rule>) -> Denial {
    let reason = match why {
        Unreadable::Unavailable | Unreadable::PeerUnavailable => &reasons::ADDRESS_UNAVAILABLE,
        Unreadable::SourceUnreadable | Unreadable::PeerUnreadable | Unreadable::Hidden => &reasons::ADDRESS_UNREADABLE,
        Unreadable::Malformed | Unreadable::Ambiguous => &reasons::FORWARDING_MALFORMED,
        Unreadable::Missing => &reasons::FORWARDING_MISSING,
        Unreadable::ChainTooLong => &reasons::CHAIN_TOO_LONG,
        Unreadable::ChainTooShort => &reasons::CHAIN_TOO_SHORT,
    };
    Denial::new(reason, rule).with("cause", why)
}

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(IpAllowlist);
