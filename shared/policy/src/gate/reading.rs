//! Bodies: held or copied until there is enough of them to decide, bounded in size and in time.

use super::{Came, Decision, Exchange, Gate, Outcome, Phase, Rest};
use crate::contract::{Body, Event, NeedBody, Over, Policy, Step};
use crate::denial::Denial;
use crate::head::Head;
use crate::host::{Action, ExchangeId, Host, Side};
use crate::reason::common;
use crate::settings::{Hold, Mode};
use crate::stream::Stream;
use crate::time::Mono;

/// A body that is being gathered.
pub(super) struct Reading {
    need: NeedBody,
    side: Side,
    until: Mono,
    /// Whether there is an end to wait for.
    stream: Stream,
    /// In shadow mode, what went past so far: nothing is held then.
    copy: Option<Vec<u8>>,
    /// Whether the proxy has told of any part of the body. If it never does, it holds the body back for want of a flag.
    moving: bool,
    /// Whether the head was let go after a wait: the proxy may tell of body and trailers at once then, from within that.
    late: bool,
}

impl Reading {
    pub(super) fn until(&self) -> Mono {
        self.until
    }

    /// Whether the message's head waits with its body.
    pub(super) fn holds_head(&self) -> bool {
        self.holds() && (self.side == Side::Response || self.need.rule.settings.hold == Hold::Request)
    }

    /// Whether the head may go while the body is read, after both have waited.
    pub(super) fn lets_head_go(&mut self) -> bool {
        self.late = !self.holds_head();
        self.late
    }

    /// Whether the request waits, or its body alone.
    pub(super) fn holds_request(&self) -> bool {
        self.holds() && self.side == Side::Request
    }

    fn holds(&self) -> bool {
        self.copy.is_none()
    }

    /// The refusal of a body that does not end in time, or has no end.
    fn incomplete(&self) -> Denial {
        let reason = match self.side {
            Side::Request => &common::BODY_INCOMPLETE,
            Side::Response => &common::RESPONSE_INCOMPLETE,
        };
        Denial::new(reason, &self.need.rule).with("seconds", self.need.rule.settings.body_timeout.as_secs())
    }

    fn too_large(&self) -> Denial {
        let reason = match self.side {
            Side::Request => &common::BODY_TOO_LARGE,
            Side::Response => &common::RESPONSE_TOO_LARGE,
        };
        Denial::new(reason, &self.need.rule).with("limit", self.need.limit)
    }
}

/// How a reading begins.
pub(super) enum Begun {
    /// There is a body to wait for.
    Later,
    /// It can be decided at once.
    Now(Step),
    /// It cannot be read as a whole, ever.
    Refused(Box<Denial>),
}

/// What is known of a body after another part of it.
enum Gathered {
    More,
    Whole(Vec<u8>, Head),
    Prefix(Vec<u8>),
    Refused(Denial),
    Unavailable,
}

impl<P: Policy> Gate<P> {
    /// Begins to gather a body.
    pub(super) fn begin_reading(
        &mut self,
        exchange: &mut Exchange<P>,
        need: NeedBody,
        side: Side,
        rest: Rest,
        host: &dyn Host,
    ) -> Begun {
        let head = match side {
            Side::Request => None,
            Side::Response => Some(host.head(Side::Response)),
        };
        let stream = Stream::of(&exchange.request, head.as_ref());
        let mut reading = Reading {
            until: self.now(host).mono.after(need.rule.settings.body_timeout),
            stream,
            copy: (need.rule.mode == Mode::Shadow).then(Vec::new),
            moving: false,
            late: false,
            need,
            side,
        };
        let there = match rest {
            Rest::Coming(0) => None,
            // Nothing more may come of a stream before it gets an answer.
            Rest::Coming(size) => Some((Some(size), false)),
            Rest::Held => Some((None, true)),
            Rest::Nothing => Some((Some(0), true)),
        };
        if let Some((size, end)) = there {
            reading.moving = true;
            match gather(&mut reading, size, end, host) {
                Gathered::More => {}
                Gathered::Whole(body, trailers) => {
                    return Begun::Now(self.hand_over(exchange, side, Body::Whole(&body, &trailers), host));
                }
                Gathered::Prefix(body) => return Begun::Now(self.hand_over(exchange, side, Body::Prefix(&body), host)),
                Gathered::Refused(denial) => return Begun::Refused(Box::new(denial)),
                Gathered::Unavailable => return Begun::Now(self.hand_over(exchange, side, Body::Unavailable, host)),
            }
        }
        match (stream, reading.need.over) {
            // After an upgrade the first byte may well be the other side's: waiting for one would wait for ever.
            (Stream::Upgrade, Over::Prefix) => Begun::Now(self.hand_over(exchange, side, Body::Prefix(b""), host)),
            (Stream::Upgrade, Over::Deny) => Begun::Refused(Box::new(reading.incomplete())),
            // A gRPC call may end, and an event stream may; if they do not, the time-out answers.
            (Stream::Open | Stream::Ends, Over::Prefix | Over::Deny) => {
                exchange.phase = Phase::Reading(reading);
                Begun::Later
            }
        }
    }

    /// A part of a body: `size` bytes are there, `end` if it is the last part.
    pub fn on_body(&mut self, id: ExchangeId, side: Side, size: usize, end: bool, host: &dyn Host) -> Action {
        self.on_part(id, side, Some(size), end, host)
    }

    /// The trailers of a message: its body has ended, without a last part of its own.
    pub fn on_trailers(&mut self, id: ExchangeId, side: Side, host: &dyn Host) -> Action {
        self.on_part(id, side, None, true, host)
    }

    fn on_part(&mut self, id: ExchangeId, side: Side, size: Option<usize>, end: bool, host: &dyn Host) -> Action {
        let Some(exchange) = self.exchanges.get_mut(id) else { return Action::Continue };
        let so_far = if end { Rest::Held } else { Rest::Coming(size.unwrap_or(0)) };
        if side == Side::Request && exchange.early {
            return Action::Pause;
        }
        match &mut exchange.phase {
            Phase::Waiting { side: waiting, held, rest, .. } if *waiting == side => {
                *rest = so_far;
                return super::pause_if(*held);
            }
            Phase::Reading(reading) if P::READS_BODIES && reading.side == side => {}
            Phase::Answered if side == Side::Request => return Action::Pause,
            Phase::Waiting { .. } | Phase::Reading(_) | Phase::Watching | Phase::Answered => return Action::Continue,
        }
        let Some(mut exchange) = self.exchanges.remove(id) else { return Action::Continue };
        let Phase::Reading(mut reading) = std::mem::replace(&mut exchange.phase, Phase::Watching) else {
            return Action::Continue;
        };
        reading.moving = true;
        let (held, late, tells_end) = (reading.holds(), reading.late, exchange.tells_end);
        let step = match gather(&mut reading, size, end, host) {
            Gathered::More => {
                exchange.phase = Phase::Reading(reading);
                self.exchanges.insert(id, exchange);
                return super::pause_if(held);
            }
            Gathered::Whole(body, trailers) => self.hand_over(&mut exchange, side, Body::Whole(&body, &trailers), host),
            Gathered::Prefix(body) => self.hand_over(&mut exchange, side, Body::Prefix(&body), host),
            Gathered::Refused(denial) => Step::deny(denial),
            Gathered::Unavailable => self.hand_over(&mut exchange, side, Body::Unavailable, host),
        };
        let action = self.settle(id, exchange, step, side, so_far, host);
        if late && size.is_none() && action == Action::Continue {
            // Envoy would pass the trailers on, and lose the body.
            self.leaving.push((id, tells_end));
            self.hurry(host);
            return Action::Pause;
        }
        action
    }

    /// The time of this reading is over.
    pub(super) fn give_up(
        &mut self,
        id: ExchangeId,
        mut exchange: Box<Exchange<P>>,
        reading: Reading,
        host: &dyn Host,
    ) {
        let came = Came { side: reading.side, held: reading.holds(), rest: Rest::Coming(0) };
        if !reading.moving && reading.holds() {
            self.missing_flag(reading.side, &reading.need.rule, host);
        }
        match (reading.need.over, reading.side) {
            // Also where the beginning would do: a client that waited this long before it sent it would get by unread.
            (Over::Deny, Side::Request | Side::Response) | (Over::Prefix, Side::Request) => {
                let denial = reading.incomplete();
                if let Outcome::Ended = self.refuse(&denial, Decision::Denied, &exchange.request, host) {
                    exchange.end();
                    self.exchanges.insert(id, exchange);
                }
            }
            // An upstream that is silent for a while is not out to deceive: event streams are.
            (Over::Prefix, Side::Response) => {
                let body = match reading.copy {
                    Some(copy) => copy,
                    None => host.body(reading.side, reading.need.limit).unwrap_or_default(),
                };
                let step = self.hand_over(&mut exchange, came.side, Body::Prefix(&body), host);
                self.settle_later(id, exchange, step, came, host);
            }
        }
    }

    fn hand_over(&mut self, exchange: &mut Exchange<P>, side: Side, body: Body<'_>, host: &dyn Host) -> Step {
        self.meters.body(side, host);
        let event = match side {
            Side::Request => Event::RequestBody(body),
            Side::Response => Event::ResponseBody(body),
        };
        self.ask(&mut exchange.memory, &exchange.request, exchange.bodiless, event, host)
    }
}

/// Whether so many bytes of a stream are enough to judge by: of a call of gRPC a whole message (five bytes of which say how long it is), or the
/// client would choose how little is read. Upgrades have no such form, and of a response the client chooses nothing.
fn shows_enough(reading: &Reading, there: usize, host: &dyn Host) -> bool {
    const HEAD: usize = 5;
    if reading.side == Side::Response || reading.stream == Stream::Upgrade {
        return true;
    }
    let begins = match &reading.copy {
        Some(copy) => copy.first_chunk::<HEAD>().copied(),
        None => host.body(reading.side, HEAD).and_then(|body| body.first_chunk::<HEAD>().copied()),
    };
    let Some([_, length @ ..]) = begins else { return false };
    there.saturating_sub(HEAD) >= u32::from_be_bytes(length) as usize
}

/// Takes note of another part of a body, `None` if there is no new part.
fn gather(reading: &mut Reading, size: Option<usize>, end: bool, host: &dyn Host) -> Gathered {
    let limit = reading.need.limit;
    // One byte more than the limit tells whether there is more.
    let enough = limit.saturating_add(1);
    if let Some(copy) = &mut reading.copy {
        let room = enough.saturating_sub(copy.len());
        if size.is_some_and(|size| size > 0) && room > 0 {
            match host.body(reading.side, room) {
                Some(part) => copy.extend_from_slice(part.get(..room).unwrap_or(&part)),
                None => return Gathered::Unavailable,
            }
        }
    }
    let there = reading.copy.as_ref().map_or(size.unwrap_or(0), Vec::len);
    let by_its_beginning = reading.stream != Stream::Ends && reading.need.over == Over::Prefix;
    let decide = end || there > limit || (by_its_beginning && there > 0 && shows_enough(reading, there, host));
    if !decide {
        return Gathered::More;
    }
    let mut body = match reading.copy.take() {
        Some(copy) => {
            reading.copy = Some(Vec::new());
            copy
        }
        None if size == Some(0) => Vec::new(),
        None => match host.body(reading.side, enough) {
            Some(body) => body,
            None => return Gathered::Unavailable,
        },
    };
    if body.len() > limit {
        return match reading.need.over {
            Over::Deny => Gathered::Refused(reading.too_large()),
            Over::Prefix => {
                body.truncate(limit);
                Gathered::Prefix(body)
            }
        };
    }
    if end { Gathered::Whole(body, host.trailers(reading.side)) } else { Gathered::Prefix(body) }
}
