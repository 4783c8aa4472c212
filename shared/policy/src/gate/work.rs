//! What happens between requests: ticks, calls and their replies, waking those who wait.

use super::ended::turn_to;
use super::{Came, Gate, Phase};
use crate::contract::{CallError, CallId, Event, Next, Policy, Reply};
use crate::host::{ExchangeId, Host, Kind, Level, Side};
use crate::identity;
use crate::time::{Mono, Now};

/// How many things a policy may do on one tick: no callback may take long.
const STEPS_PER_TICK: usize = 64;

/// How many waiting exchanges are taken up on one tick.
const WAKES_PER_TICK: usize = 100;

/// At how many exchanges that are remembered is looked each second, whether or not others begin.
const LOOKED_AT_PER_SECOND: usize = 256;

/// The tick when there is nothing to hurry for, in milliseconds.
const IDLE_TICK: u32 = 1000;

impl<P: Policy> Gate<P> {
    /// The filter is about to serve.
    pub fn on_start(&mut self, host: &dyn Host) {
        if P::IDENTIFIES {
            self.identities = Some(identity::property(P::NAME)).filter(|name| host.declare(name));
        }
        let hash = self.config_hash.clone();
        self.meters.configuration(&hash, host);
        // Calls can only be made once the proxy is up, and the tick is when that is known.
        self.hurry(host);
    }

    /// The filter serves no more. What it counted is told; how it was doing is not, since another one is there.
    pub fn on_end(&mut self, host: &dyn Host) {
        self.meters.count(host);
        self.tell_gauges(self.now(host), |kind| kind == Kind::Counter, host);
    }

    /// Tells what the policy holds, as far as it is of a kind that shall be told, and how many lines were not written.
    fn tell_gauges(&mut self, now: Now, shall: fn(Kind) -> bool, host: &dyn Host) {
        let meters = &mut self.meters;
        self.policy.gauges(now, &mut |gauge| {
            if shall(gauge.metric.kind) {
                meters.gauge(gauge, host);
            }
        });
        meters.suppressed(host);
    }

    /// The proxy's tick.
    pub fn on_tick(&mut self, host: &dyn Host) {
        let started = host.monotonic_clock();
        let now = self.now_by_both(host);
        self.meters.count_on_tick(host);
        for (id, tells_end) in std::mem::take(&mut self.leaving) {
            if turn_to(id, tells_end, host) {
                host.resume(Side::Request);
            }
        }
        self.expire(now, host);
        let next = self.work(now, host);
        self.wake(host);
        if now.mono >= self.gauges_due {
            self.tell_gauges(now, |_| true, host);
            self.forget_ended(LOOKED_AT_PER_SECOND, None, host);
            self.gauges_due = now.mono.after(std::time::Duration::from_secs(1));
        }
        let soonest = self
            .exchanges
            .iter()
            .filter_map(|(_, exchange)| match &exchange.phase {
                Phase::Waiting { wait, .. } => Some(wait.until),
                Phase::Reading(reading) => Some(reading.until()),
                Phase::Watching | Phase::Answered => None,
            })
            .chain(match next {
                Work::Soon => Some(now.mono),
                Work::At(at) => Some(at),
                Work::None => None,
            })
            .chain((!self.woken.is_empty()).then_some(now.mono))
            .min();
        self.set_tick(
            soonest.map_or(IDLE_TICK, |at| {
                u32::try_from(at.since(now.mono).as_millis()).unwrap_or(IDLE_TICK).clamp(1, IDLE_TICK)
            }),
            host,
        );
        let ended = host.monotonic_clock();
        self.meters.ticked(ended.saturating_sub(started) / 1000, host);
    }

    /// The call that the host numbered `token` came back. `read` takes over what the host has of the reply, with a body of at most so many
    /// bytes: a long one takes time, which counts.
    pub fn on_call_reply(&mut self, token: u32, read: impl FnOnce(usize) -> Result<Reply, CallError>, host: &dyn Host) {
        // A number that is not ours, or came twice: nothing waits for it.
        let Some((call, label, limit)) = self.calls.remove(&token) else { return };
        let started = host.monotonic_clock();
        let reply = read(limit);
        let now = self.now_by_both(host);
        self.meters.call(&label, outcome(reply.as_ref().err().copied()), host);
        self.policy.on_reply(call, reply, now);
        self.work(now, host);
        self.wake(host);
        self.hurry(host);
        let ended = host.monotonic_clock();
        self.meters.ticked(ended.saturating_sub(started) / 1000, host);
    }

    /// Asks the policy what there is to do, and does it.
    fn work(&mut self, now: Now, host: &dyn Host) -> Work {
        for _ in 0..STEPS_PER_TICK {
            match self.policy.next(now) {
                Next::Call(call) => match host.call(&call) {
                    Some(token) => {
                        self.calls.insert(token, (call.id, call.label, call.max_body));
                    }
                    None => {
                        self.meters.call(&call.label, outcome(Some(CallError::Refused)), host);
                        let line = format!(
                            "{}: the proxy did not take the call for `{}`: check that it has a cluster `{}`",
                            P::NAME,
                            call.label,
                            call.cluster
                        );
                        host.log(Level::Warn, &line);
                        self.policy.on_reply(call.id, Err(CallError::Refused), now);
                    }
                },
                Next::Note(line) => host.log(Level::Warn, &format!("{}: {line}", P::NAME)),
                Next::Ready(call) => self.ready(call),
                Next::Busy => return Work::Soon,
                Next::Sleep(Some(at)) => return Work::At(at),
                Next::Sleep(None) => return Work::None,
            }
        }
        Work::Soon
    }

    /// Queues those who wait for this call.
    fn ready(&mut self, call: CallId) {
        for (id, exchange) in self.exchanges.iter() {
            if matches!(&exchange.phase, Phase::Waiting { wait, .. } if wait.call == call) {
                self.woken.push_back(*id);
            }
        }
    }

    /// Takes up those whose wait is over.
    fn wake(&mut self, host: &dyn Host) {
        for _ in 0..WAKES_PER_TICK {
            let Some(id) = self.woken.pop_front() else { break };
            let Some(mut exchange) = self.exchanges.remove(id) else { continue };
            let Phase::Waiting { side, held, rest, .. } = exchange.phase else {
                self.exchanges.insert(id, exchange);
                continue;
            };
            if !turn_to(id, exchange.tells_end, host) {
                continue;
            }
            exchange.phase = Phase::Watching;
            let step = self.ask(&mut exchange.memory, &exchange.request, exchange.bodiless, Event::Again, host);
            self.settle_later(id, exchange, step, Came { side, held, rest }, host);
        }
        host.focus(None);
    }

    /// Ends the waits and readings whose time is over.
    fn expire(&mut self, now: Now, host: &dyn Host) {
        let over: Vec<ExchangeId> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| match &exchange.phase {
                Phase::Waiting { wait, .. } => wait.until <= now.mono,
                Phase::Reading(reading) => reading.until() <= now.mono,
                Phase::Watching | Phase::Answered => false,
            })
            .map(|(id, _)| *id)
            .take(WAKES_PER_TICK)
            .collect();
        for id in over {
            let Some(mut exchange) = self.exchanges.remove(id) else { continue };
            if !turn_to(id, exchange.tells_end, host) {
                continue;
            }
            match std::mem::replace(&mut exchange.phase, Phase::Watching) {
                Phase::Waiting { side, held, rest, .. } => {
                    let step = self.time_out(&mut exchange, host);
                    self.settle_later(id, exchange, step, Came { side, held, rest }, host);
                }
                Phase::Reading(_) if !P::READS_BODIES => {}
                Phase::Reading(reading) => self.give_up(id, exchange, reading, host),
                Phase::Watching | Phase::Answered => {}
            }
        }
        host.focus(None);
    }

    /// Asks for a tick at once: there may be a call to make, and calls are made from the filter as a whole, so that they outlive
    /// the client that they were first made for.
    pub(super) fn hurry(&mut self, host: &dyn Host) {
        self.set_tick(1, host);
    }

    fn set_tick(&mut self, milliseconds: u32, host: &dyn Host) {
        if self.tick != Some(milliseconds) {
            self.tick = Some(milliseconds);
            host.tick_every(milliseconds);
        }
    }
}

/// When the policy has something to do again.
enum Work {
    Soon,
    At(Mono),
    None,
}

fn outcome(error: Option<CallError>) -> &'static str {
    match error {
        None => "answered",
        Some(CallError::Refused) => "refused",
        Some(CallError::NoAnswer) => "no_answer",
        Some(CallError::TooLarge) => "too_large",
    }
}
