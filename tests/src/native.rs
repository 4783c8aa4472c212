//! The policy as a library, in a proxy that is played: what Envoy would do is done here, step by step and at once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use verdict_policy::attributes::Attributes;
use verdict_policy::contract::{Call, CallError, Policy, Reply};
use verdict_policy::crypto::{Crypto, Hash, NoCrypto};
use verdict_policy::gate::Gate;
use verdict_policy::head::{Edit, Head};
use verdict_policy::host::{Action, ExchangeId, Host, Kind, Level, MetricId, Side};
use verdict_policy::render::Rendered;

use crate::scenario::{Became, Counts, Recorded, Scenario, Sent, Served};

/// One second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// What was done to an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A message was let go.
    Resumed,
    /// It was answered, with this status and these response code details.
    Answered(u16, String),
}

/// A played proxy. Everything that the gate asks of it can be looked at.
pub struct Proxy {
    /// The clocks: wall and monotonic.
    pub clocks: Cell<(u64, u64)>,
    /// What the attributes are.
    pub attributes: RefCell<BTreeMap<String, Vec<u8>>>,
    /// The headers of the request and the response, as they are now.
    pub heads: RefCell<[Head; 2]>,
    /// What is held of the bodies.
    pub bodies: RefCell<[Option<Vec<u8>>; 2]>,
    /// The trailers that were told of.
    pub trailers: RefCell<[Head; 2]>,
    /// The answer that was sent.
    pub reply: RefCell<Option<Rendered>>,
    /// Whether each message was let go.
    pub resumed: RefCell<[bool; 2]>,
    /// What was left for the access log.
    pub left: RefCell<BTreeMap<String, String>>,
    /// The metrics by name.
    pub metrics: RefCell<Vec<(String, u64)>>,
    /// The log.
    pub log: RefCell<Vec<String>>,
    /// Calls that nobody answered yet, by number.
    pub calls: RefCell<Vec<(u32, Call)>>,
    /// The exchange in focus.
    pub focus: Cell<Option<ExchangeId>>,
    /// Exchanges that are gone: they cannot be turned to any more.
    pub gone: RefCell<Vec<ExchangeId>>,
    /// The one exchange that there is, where each is over before the next begins.
    only: Cell<Option<ExchangeId>>,
    /// What was done to the exchange in focus, in order.
    pub done: RefCell<Vec<(Option<ExchangeId>, Done)>>,
    next_call: Cell<u32>,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            clocks: Cell::new((1_700_000_000 * SECOND, SECOND)),
            attributes: RefCell::default(),
            heads: RefCell::default(),
            bodies: RefCell::default(),
            trailers: RefCell::default(),
            reply: RefCell::default(),
            resumed: RefCell::default(),
            left: RefCell::default(),
            metrics: RefCell::default(),
            log: RefCell::default(),
            calls: RefCell::default(),
            focus: Cell::new(None),
            gone: RefCell::default(),
            only: Cell::new(None),
            done: RefCell::default(),
            next_call: Cell::new(1),
        }
    }
}

fn at(side: Side) -> usize {
    match side {
        Side::Request => 0,
        Side::Response => 1,
    }
}

impl Attributes for Proxy {
    fn attribute(&self, path: &str) -> Option<Vec<u8>> {
        self.attributes.borrow().get(&path.replace('\0', ".")).cloned().filter(|value| !value.is_empty())
    }
}

impl Crypto for Proxy {
    fn verify_signature(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }
}

impl Host for Proxy {
    fn wall_clock(&self) -> u64 {
        self.clocks.get().0
    }

    fn monotonic_clock(&self) -> u64 {
        self.clocks.get().1
    }

    fn random(&self) -> [u8; 10] {
        [7; 10]
    }

    fn focus(&self, exchange: Option<ExchangeId>) -> bool {
        self.focus.set(exchange);
        let Some(exchange) = exchange else { return true };
        !self.gone.borrow().contains(&exchange) && self.only.get().is_none_or(|only| only == exchange)
    }

    fn head(&self, side: Side) -> Head {
        self.heads.borrow()[at(side)].clone()
    }

    fn header(&self, side: Side, name: &str) -> Option<Vec<u8>> {
        self.heads.borrow()[at(side)].values(name).next().map(<[u8]>::to_vec)
    }

    fn edit(&self, side: Side, edit: &Edit) {
        let mut heads = self.heads.borrow_mut();
        let edited = heads[at(side)].edited(std::slice::from_ref(edit));
        heads[at(side)] = edited;
    }

    fn body(&self, side: Side, limit: usize) -> Option<Vec<u8>> {
        let bodies = self.bodies.borrow();
        bodies[at(side)].as_ref().map(|body| body.iter().copied().take(limit).collect())
    }

    fn trailers(&self, side: Side) -> Head {
        self.trailers.borrow()[at(side)].clone()
    }

    fn reply(&self, response: &Rendered) -> bool {
        *self.reply.borrow_mut() = Some(response.clone());
        self.done.borrow_mut().push((self.focus.get(), Done::Answered(response.status, response.details.clone())));
        true
    }

    fn reset(&self) {}

    fn resume(&self, side: Side) {
        self.resumed.borrow_mut()[at(side)] = true;
        self.done.borrow_mut().push((self.focus.get(), Done::Resumed));
    }

    fn leave(&self, name: &str, value: &str) {
        self.left.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    fn declare(&self, _: &str) -> bool {
        true
    }

    fn hand_over(&self, name: &str, value: &str) -> bool {
        let mut attributes = self.attributes.borrow_mut();
        let is_new = !attributes.contains_key(name);
        attributes.entry(name.to_owned()).or_insert_with(|| value.as_bytes().to_vec());
        is_new
    }

    fn define(&self, _: Kind, name: &str) -> Option<MetricId> {
        let mut metrics = self.metrics.borrow_mut();
        metrics.push((name.to_owned(), 0));
        u32::try_from(metrics.len() - 1).ok().map(MetricId)
    }

    fn record(&self, kind: Kind, metric: MetricId, value: u64) {
        let mut metrics = self.metrics.borrow_mut();
        let slot = &mut metrics[metric.0 as usize].1;
        match kind {
            Kind::Counter => *slot += value,
            Kind::Gauge | Kind::Histogram => *slot = value,
        }
    }

    fn log(&self, _: Level, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }

    fn call(&self, call: &Call) -> Option<u32> {
        let token = self.next_call.get();
        self.next_call.set(token + 1);
        self.calls.borrow_mut().push((token, call.clone()));
        Some(token)
    }

    fn tick_every(&self, _: u32) {}
}

impl Proxy {
    /// An exchange begins. The one before it is over.
    pub fn begin(&self) -> ExchangeId {
        let id = ExchangeId(self.only.get().map_or(1, |before| before.0 + 1));
        self.only.set(Some(id));
        self.focus.set(Some(id));
        id
    }

    /// Lets time pass, in nanoseconds.
    pub fn pass(&self, nanoseconds: u64) {
        let (wall, mono) = self.clocks.get();
        self.clocks.set((wall + nanoseconds, mono + nanoseconds));
    }

    /// How often each decision was counted.
    pub fn counts(&self) -> Counts {
        let metrics = self.metrics.borrow();
        let decisions = metrics.iter().filter(|(name, _)| name.ends_with("verdict_decisions_total"));
        decisions
            .map(|(name, count)| {
                let label = |label: &str| {
                    let (_, rest) = name.split_once(&format!("{label}=.=")).unwrap_or_default();
                    rest.split(";.;").next().unwrap_or_default().to_owned()
                };
                ([label("decision"), label("reason"), label("rule"), label("mode")], *count)
            })
            .collect()
    }

    /// Answers every call that is under way from the files.
    pub fn answer_calls<P: Policy>(&self, gate: &mut Gate<P>, files: &BTreeMap<String, Served>) {
        // An answer may bring the next call with it.
        let calls = std::mem::take(&mut *self.calls.borrow_mut());
        for (token, call) in calls {
            let path = call.headers.iter().find(|(name, _)| name == ":path").map(|(_, path)| path.clone());
            let path = String::from_utf8(path.unwrap_or_default()).unwrap_or_default();
            // Served whatever the query, as the upstream of the other engine does.
            match files.get(path.split('?').next().unwrap_or_default()) {
                Some(served) => {
                    let pairs = served.content_type.iter().map(|kind| ("content-type", kind.as_str()));
                    let head = Head::from_pairs(pairs);
                    let reply = Reply { status: served.status, head, body: served.in_folder("") };
                    gate.on_call_reply(token, |_| Ok(reply), self);
                }
                None => gate.on_call_reply(token, |_| Err(CallError::NoAnswer), self),
            }
        }
    }
}

/// Runs every case of a scenario.
pub fn run<P: Policy>(scenario: &Scenario) -> Result<(Vec<Became>, Counts), String> {
    let proxy = Proxy::default();
    let mut gate =
        Gate::<P>::load(scenario.config.to_string().as_bytes(), &NoCrypto).map_err(|problems| problems.to_string())?;
    gate.on_start(&proxy);
    let became = scenario.cases.iter().map(|case| exchange(&mut gate, &proxy, proxy.begin(), scenario, &case.request));
    let became = became.collect();
    gate.on_end(&proxy);
    Ok((became, proxy.counts()))
}

/// Plays one exchange, from the head of the request to the end of the response.
fn exchange<P: Policy>(gate: &mut Gate<P>, proxy: &Proxy, id: ExchangeId, scenario: &Scenario, sent: &Sent) -> Became {
    begin(proxy, scenario, sent);
    let trailers = Head::from_pairs(sent.trailers.iter().cloned());
    let end = sent.body.is_none() && trailers == Head::default();
    let mut action = gate.on_request(id, end, proxy);
    let answered = proxy.reply.borrow().is_some();
    if !end && !answered {
        let body = sent.body.clone().unwrap_or_default();
        action = pass_body(gate, proxy, id, Side::Request, body, trailers);
    }
    // Held: what it waits for comes, or its time passes.
    let mut patience = 1000;
    while action == Action::Pause && proxy.reply.borrow().is_none() && !proxy.resumed.borrow()[0] && patience > 0 {
        proxy.pass(SECOND / 10);
        gate.on_tick(proxy);
        proxy.answer_calls(gate, &scenario.files);
        patience -= 1;
    }
    let pairs = |side: Side| -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        proxy.heads.borrow()[at(side)].iter().map(|(name, value)| (text(name), text(value))).collect()
    };
    let upstream = proxy.reply.borrow().is_none().then(|| pairs(Side::Request));
    respond(gate, proxy, id, sent);
    let status =
        proxy.heads.borrow()[1].values(":status").next().and_then(|s| std::str::from_utf8(s).ok()?.parse().ok());
    Became {
        status: status.unwrap_or_default(),
        reason: proxy.header(Side::Response, "x-verdict-reason").and_then(|value| String::from_utf8(value).ok()),
        recorded: recorded(&proxy.left.borrow(), P::NAME),
        left: scenario
            .left()
            .filter_map(|name| {
                let value = proxy.left.borrow().get(&format!("verdict.{name}")).cloned()?;
                Some((name.to_owned(), value))
            })
            .collect(),
        upstream,
        headers: pairs(Side::Response),
        body: proxy.reply.borrow().as_ref().and_then(|reply| serde_json::from_slice(&reply.body).ok()),
    }
}

fn begin(proxy: &Proxy, scenario: &Scenario, sent: &Sent) {
    let peer = format!("{}:40000", sent.from);
    let source = sent.source.clone().unwrap_or_else(|| peer.clone());
    let mut attributes = BTreeMap::from([("source.address".to_owned(), source.into_bytes())]);
    if scenario.gateway.direct_peer {
        attributes.insert("filter_state.verdict.direct_peer".to_owned(), peer.into_bytes());
    }
    let pseudo = [(":method", &*sent.method), (":path", &sent.path), (":authority", &sent.host), (":scheme", "http")];
    let pairs = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter();
    *proxy.heads.borrow_mut() = [Head::from_pairs(pairs.chain(sent.headers.iter().cloned())), Head::default()];
    *proxy.attributes.borrow_mut() = attributes;
    *proxy.bodies.borrow_mut() = [None, None];
    *proxy.trailers.borrow_mut() = Default::default();
    *proxy.reply.borrow_mut() = None;
    *proxy.resumed.borrow_mut() = [false; 2];
    proxy.left.borrow_mut().clear();
}

/// Plays the response: the gate's own, or the upstream's.
fn respond<P: Policy>(gate: &mut Gate<P>, proxy: &Proxy, id: ExchangeId, sent: &Sent) {
    let set = |reply: &Rendered| {
        let status = (":status".to_owned(), reply.status.to_string().into_bytes());
        let pairs = std::iter::once(&status).chain(&reply.headers).map(|(name, value)| (name.clone(), value.clone()));
        proxy.heads.borrow_mut()[1] = Head::from_pairs(pairs);
    };
    let reply = proxy.reply.borrow().clone();
    match reply {
        Some(reply) => {
            set(&reply);
            // The answer passes the filter's own response callbacks.
            let _ = gate.on_response(id, false, proxy);
        }
        None => {
            proxy.heads.borrow_mut()[1] = upstream_head(sent);
            let body = sent.answer.clone().unwrap_or_else(|| "{}".to_owned());
            let _ = gate.on_response(id, false, proxy);
            let _ = pass_body(gate, proxy, id, Side::Response, body, upstream_trailers(sent));
            let reply = proxy.reply.borrow().clone();
            if let Some(reply) = reply {
                set(&reply);
                let _ = gate.on_response(id, false, proxy);
            }
        }
    }
}

/// Plays a body: what Envoy tells of it, if it comes in one part, and of its trailers.
fn pass_body<P: Policy>(
    gate: &mut Gate<P>,
    proxy: &Proxy,
    id: ExchangeId,
    side: Side,
    body: String,
    trailers: Head,
) -> Action {
    let end = trailers == Head::default();
    let size = body.len();
    proxy.bodies.borrow_mut()[at(side)] = Some(body.into_bytes());
    let action = gate.on_body(id, side, size, end, proxy);
    if end {
        return action;
    }
    proxy.trailers.borrow_mut()[at(side)] = trailers;
    gate.on_trailers(id, side, proxy)
}

/// The trailers of the upstream's answer, as the request asks for them: the echo of the gateway does the same.
fn upstream_trailers(sent: &Sent) -> Head {
    let asked = sent.headers.iter().filter(|(name, _)| name == "x-upstream-trailer");
    Head::from_pairs(asked.filter_map(|(_, trailer)| trailer.split_once(": ")))
}

/// The head of the upstream's answer, as the request asks for it: the echo of the gateway does the same.
fn upstream_head(sent: &Sent) -> Head {
    let asked =
        |what: &'static str| sent.headers.iter().filter(move |(name, _)| name == what).map(|(_, value)| value.as_str());
    let status = asked("x-upstream-status").next().unwrap_or("200");
    let headers = asked("x-upstream-header").filter_map(|header| header.split_once(": "));
    Head::from_pairs(std::iter::once((":status", status)).chain(headers))
}

/// The decision that was left for the access log. A chain leaves it under the member's name.
fn recorded(left: &BTreeMap<String, String>, filter: &str) -> Option<Recorded> {
    let (_, line) = left
        .iter()
        .find(|(name, _)| **name == format!("verdict.{filter}.denial"))
        .or_else(|| left.iter().find(|(name, _)| name.ends_with(".denial")))?;
    read_recorded(line)
}

/// Reads the record that the filter state has.
pub fn read_recorded(line: &str) -> Option<Recorded> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| line.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
    Some(Recorded {
        decision: text("/verdict")?,
        reason: text("/reason")?,
        rule: text("/rule")?,
        pointer: text("/config/pointer")?,
    })
}
