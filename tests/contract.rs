//! What the contract promises, natively: several exchanges at once, waiting, time-outs, bodies and clocks, with the test policies.
#![expect(clippy::indexing_slicing, clippy::panic, reason = "it exists only to test, and a panic is how a test fails")]

use std::collections::BTreeMap;
use std::rc::Rc;

use verdict_ip_allowlist::IpAllowlist;
use verdict_policy::contract::{
    CallError, CallId, Env, Event, Gauge, NeedBody, Next, Over, Policy, Reply, Step, Then, Wait,
};
use verdict_policy::crypto::{Crypto, NoCrypto};
use verdict_policy::document::Document;
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::{Action, ExchangeId, Side};
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::{self, Rules};
use verdict_policy::time::{Mono, Now};
use verdict_subscription::SubscriptionPolicy;
use verdict_test_body::BodyPolicy;
use verdict_test_chain::KeyThenBody;
use verdict_test_key::KeyPolicy;
use verdict_tests::native::{Done, Proxy};

const SECOND: u64 = 1_000_000_000;
const KEYS: &str = r#"{"shop": {"key": "correct-horse"}}"#;

/// A gate in a played proxy.
struct Stage<P: Policy> {
    gate: Gate<P>,
    proxy: Proxy,
}

impl<P: Policy> Stage<P> {
    fn new(config: &str) -> Self {
        let gate = Gate::load(config.as_bytes(), &NoCrypto).unwrap_or_else(|problems| panic!("{problems}"));
        let proxy = Proxy::default();
        proxy.attributes.borrow_mut().insert("source.address".to_owned(), b"127.0.0.2:40000".to_vec());
        Self { gate, proxy }
    }

    fn request(&mut self, id: u32, headers: &[(&str, &str)]) -> Action {
        self.begin(id, headers, true)
    }

    fn begin(&mut self, id: u32, headers: &[(&str, &str)], end: bool) -> Action {
        let pseudo = [(":method", "GET"), (":path", "/"), (":authority", "example.com")];
        let pairs = pseudo.iter().chain(headers);
        self.proxy.heads.borrow_mut()[0] = Head::from_pairs(pairs.copied());
        *self.proxy.reply.borrow_mut() = None;
        self.proxy.focus.set(Some(ExchangeId(id)));
        self.gate.on_request(ExchangeId(id), end, &self.proxy)
    }

    fn part(&mut self, id: u32, held: &str, size: usize, end: bool) -> Action {
        self.proxy.bodies.borrow_mut()[0] = Some(held.as_bytes().to_vec());
        self.proxy.focus.set(Some(ExchangeId(id)));
        self.gate.on_body(ExchangeId(id), Side::Request, size, end, &self.proxy)
    }

    /// Lets time pass, in steps of a tick.
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.proxy.pass(SECOND / 10);
            self.gate.on_tick(&self.proxy);
        }
    }

    fn tick(&mut self) {
        self.gate.on_tick(&self.proxy);
    }

    /// The numbers of the calls that are under way.
    fn calls(&self) -> Vec<u32> {
        self.proxy.calls.borrow().iter().map(|(token, _)| *token).collect()
    }

    fn reply(&mut self, status: u16, body: &str) {
        let (token, _) = self.proxy.calls.borrow_mut().remove(0);
        let reply = Reply { status, head: Head::default(), body: body.as_bytes().to_vec() };
        self.gate.on_call_reply(token, |_| Ok(reply), &self.proxy);
    }

    fn says_that_the_flag_is_missing(&self) -> bool {
        self.proxy.log.borrow().iter().any(|line| {
            line.contains("lacks `allow_on_headers_stop_iteration: true`: set it, or set `hold`")
                && !line.starts_with('{')
        })
    }

    /// What was done to each exchange since this was last asked.
    fn done(&self) -> BTreeMap<u32, Done> {
        let done = std::mem::take(&mut *self.proxy.done.borrow_mut());
        done.into_iter().filter_map(|(id, done)| Some((id?.0, done))).collect()
    }
}

fn keys() -> Stage<KeyPolicy> {
    Stage::new(
        r#"{"default": "deny", "rules": [{"name": "all"}],
            "keys": {"cluster": "keys", "authority": "keys.example", "path": "/keys.json"}}"#,
    )
}

fn refused(status: u16, details: &str) -> Done {
    Done::Answered(status, details.to_owned())
}

#[test]
fn parked_requests_share_one_call_and_are_taken_up_when_it_comes() {
    let mut stage = keys();
    for id in 1..=3 {
        assert_eq!(stage.request(id, &[("x-api-key", "correct-horse")]), Action::Pause);
    }
    stage.tick();
    assert_eq!(stage.calls().len(), 1, "one call serves all");
    assert!(stage.done().is_empty());
    stage.reply(200, KEYS);
    assert_eq!(stage.done(), BTreeMap::from([1, 2, 3].map(|id| (id, Done::Resumed))));
}

#[test]
fn of_many_admitted_requests_some_are_counted_at_once_and_the_others_on_the_tick_or_at_the_end() {
    let mut stage = Stage::<SubscriptionPolicy>::new(
        r#"{"default": "deny", "keys": {}, "rules": [{"name": "all", "api": "a"}], "source": {"inline": {"consumers": {"shop": {
            "keys": [{"hash": "KI65Ou0iWDw8UxfYMEYBChBLC4WAx89P9O2VXEIf00Q"}], "subscriptions": [{"api": "a", "state": "active"}]}}}}}"#,
    );
    let key = [("x-api-key", "shop-key-0123456789abcdef")];
    let mut counts = |requests: u32, then: fn(&mut Stage<SubscriptionPolicy>)| {
        (0..requests).for_each(|_| assert_eq!(stage.request(1, &key), Action::Continue));
        then(&mut stage);
        let metrics = stage.proxy.metrics.borrow();
        let of = |name| metrics.iter().filter(|(known, _)| known.contains(name)).map(|(_, count)| count).sum::<u64>();
        ["decisions", "admissions"].map(of)
    };
    assert_eq!(counts(20, |_| {}), [16, 0]);
    assert_eq!(counts(0, Stage::tick), [20, 20]);
    assert_eq!(counts(20, |_| {}), [36, 20]);
    assert_eq!(counts(0, |stage| stage.gate.on_end(&stage.proxy)), [40, 40]);
    assert!(counts(1200, |_| {})[0] >= 1040);
}

#[test]
fn a_client_that_leaves_while_it_waits_is_forgotten_and_the_others_are_served() {
    let mut stage = keys();
    for id in 1..=3 {
        assert_eq!(stage.request(id, &[("x-api-key", "correct-horse")]), Action::Pause);
    }
    stage.tick();
    stage.proxy.gone.borrow_mut().extend([ExchangeId(1), ExchangeId(2)]);
    stage.reply(200, KEYS);
    assert_eq!(stage.done(), BTreeMap::from([(3, Done::Resumed)]));
    assert_eq!(stage.gate.remembered(), 0);
}

#[test]
fn an_exchange_that_the_proxy_has_ended_and_still_knows_is_not_taken_up() {
    let over = |stage: &Stage<KeyPolicy>| {
        stage.proxy.attributes.borrow_mut().insert("request.duration".to_owned(), 1_u64.to_le_bytes().to_vec());
    };
    let mut stage = keys();
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Pause);
    stage.tick();
    over(&stage);
    stage.reply(200, KEYS);
    assert!(stage.done().is_empty());
    // Nor is it refused when its time is over.
    let mut stage = keys();
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Pause);
    over(&stage);
    stage.wait(60);
    assert!(stage.done().is_empty());
    assert_eq!(stage.gate.remembered(), 0);
    // A host that tells how long a request takes while it lasts says nothing by that.
    let mut stage = keys();
    over(&stage);
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Pause);
    stage.tick();
    stage.reply(200, KEYS);
    assert_eq!(stage.done(), BTreeMap::from([(1, Done::Resumed)]));
}

#[test]
fn exchanges_that_end_without_a_word_are_forgotten_as_others_begin_and_those_that_live_are_kept() {
    let mut stage = keys();
    for number in 1..=10 {
        assert_eq!(stage.request(number, &[("x-api-key", "correct-horse")]), Action::Pause);
    }
    for number in 11..=10_000 {
        assert_eq!(stage.request(number, &[]), Action::Pause, "refused, for want of a key");
        assert_eq!(stage.proxy.focus.get(), Some(ExchangeId(number)), "the proxy is left where it was");
        stage.proxy.gone.borrow_mut().push(ExchangeId(number));
    }
    assert!((10..1000).contains(&stage.gate.remembered()), "{}", stage.gate.remembered());
    stage.tick();
    stage.reply(200, KEYS);
    let mut done = stage.done();
    done.retain(|_, done| *done == Done::Resumed);
    assert_eq!(done.into_keys().collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    for _ in 0..10 {
        stage.tick();
    }
    assert_eq!(stage.gate.remembered(), 0, "also where no others begin");
}

#[test]
fn a_host_that_does_not_know_whom_it_tells_about_is_not_believed_that_others_are_gone() {
    let mut stage = keys();
    stage.proxy.gone.borrow_mut().extend((1..=1000).map(ExchangeId));
    for number in 1..=1000 {
        assert_eq!(stage.request(number, &[]), Action::Pause);
    }
    assert_eq!(stage.gate.remembered(), 1000);
}

#[test]
fn a_host_that_takes_all_exchanges_for_alive_does_not_fill_the_memory_with_what_was_answered() {
    let mut stage = keys();
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Pause);
    for number in 2..=30_000 {
        assert_eq!(stage.request(number, &[]), Action::Pause);
    }
    assert!(stage.gate.remembered() < 10_010, "{}", stage.gate.remembered());
    stage.tick();
    stage.reply(200, KEYS);
    assert_eq!(stage.done().get(&1), Some(&Done::Resumed));
}

#[test]
fn a_source_that_does_not_answer_ends_the_wait_with_a_reason() {
    let mut stage = keys();
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Pause);
    stage.tick();
    stage.wait(3);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(503, "verdict:key.keys_unavailable"))]));
    // The late reply is good for those who come after.
    stage.reply(200, KEYS);
    assert_eq!(stage.request(2, &[("x-api-key", "correct-horse")]), Action::Continue);
}

#[test]
fn a_flood_of_unknown_keys_makes_one_call() {
    let mut stage = keys();
    stage.tick();
    stage.reply(200, KEYS);
    stage.wait(60);
    for id in 1..=1000 {
        let _ = stage.request(id, &[("x-api-key", &format!("made-up-{id}"))]);
    }
    stage.tick();
    assert_eq!(stage.calls().len(), 1);
    stage.reply(200, KEYS);
    // As many as one tick takes up; the next ticks take up the others.
    stage.wait(3);
    let done = stage.done();
    assert_eq!(done.len(), 1000);
    assert!(done.values().all(|done| *done == refused(401, "verdict:key.key_unknown")), "{:?}", done.get(&1));
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn replies_that_nobody_waits_for_change_nothing() {
    let mut stage = keys();
    stage.tick();
    let token = stage.calls()[0];
    stage.gate.on_call_reply(token + 1, |_| Err(CallError::NoAnswer), &stage.proxy);
    stage.reply(200, KEYS);
    let again = Reply { status: 200, head: Head::default(), body: b"{}".to_vec() };
    stage.gate.on_call_reply(token, |_| Ok(again), &stage.proxy);
    assert_eq!(stage.request(1, &[("x-api-key", "correct-horse")]), Action::Continue);
}

#[test]
fn a_body_that_came_while_the_request_waited_is_read_afterwards() {
    let config = r#"{
        "first": {"default": "deny", "rules": [{"name": "all"}],
                  "keys": {"cluster": "keys", "authority": "keys.example", "path": "/keys.json"}},
        "second": {"default": "deny", "rules": [{"name": "words", "forbid": "attack"}]}
    }"#;
    for (body, expected) in [("an attack", refused(403, "verdict:body.word_found")), ("harmless", Done::Resumed)] {
        let mut stage: Stage<KeyThenBody> = Stage::new(config);
        assert_eq!(stage.begin(1, &[("x-api-key", "correct-horse")], false), Action::Pause);
        assert_eq!(stage.part(1, body, body.len(), true), Action::Pause);
        stage.tick();
        stage.reply(200, KEYS);
        assert_eq!(stage.done(), BTreeMap::from([(1, expected)]), "{body}");
    }
}

fn bodies(rule: &str) -> Stage<BodyPolicy> {
    Stage::new(&format!(
        r#"{{"default": "deny", "body_timeout_seconds": 5, "rules": [{{"name": "words", "forbid": "attack", "limit": 20 {rule}}}]}}"#
    ))
}

#[test]
fn a_body_that_never_comes_is_refused_in_time_and_the_log_names_the_flag() {
    let mut stage = bodies("");
    assert_eq!(stage.begin(1, &[], false), Action::Pause);
    stage.wait(4);
    assert!(stage.done().is_empty());
    stage.wait(2);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(408, "verdict:body.body_incomplete"))]));
    assert!(stage.says_that_the_flag_is_missing());
}

#[test]
fn a_body_that_never_ends_is_refused_in_time() {
    let mut stage = bodies("");
    let _ = stage.begin(1, &[], false);
    assert_eq!(stage.part(1, "harm", 4, false), Action::Pause);
    stage.wait(6);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(408, "verdict:body.body_incomplete"))]));
    assert!(!stage.says_that_the_flag_is_missing(), "a part of the body came: the flag is there");

    // Also where the beginning would do, as long as it is not all there: what a client holds back would pass unread.
    let mut stage = bodies(r#", "prefix": true"#);
    let _ = stage.begin(1, &[], false);
    assert_eq!(stage.part(1, "harm", 4, false), Action::Pause);
    stage.wait(6);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(408, "verdict:body.body_incomplete"))]));
}

#[test]
fn streams_without_an_end_are_not_waited_for() {
    let grpc = [("content-type", "application/grpc")];
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
    let mut stage = bodies(r#", "prefix": true"#);
    assert_eq!(stage.begin(1, &grpc, false), Action::Pause);
    // Four bytes of a message, behind those that say so (gRPC over HTTP/2, "Length-Prefixed-Message").
    assert_eq!(stage.part(1, "\0\0\0\0\u{4}h", 6, false), Action::Pause, "less than a message decides nothing");
    assert_eq!(stage.part(1, "\0\0\0\0\u{4}hell", 9, false), Action::Continue, "the first message decides");
    assert_eq!(stage.begin(2, &upgrade, false), Action::Continue, "either side may be the first to speak");
    let events = [("content-type", "text/event-stream")];
    assert_eq!(stage.begin(3, &events, false), Action::Pause);
    assert_eq!(stage.part(3, "harm", 4, false), Action::Pause, "only servers send event streams");
    let mut stage = bodies("");
    assert_eq!(stage.begin(1, &upgrade, false), Action::Pause);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(408, "verdict:body.body_incomplete"))]));
}

#[test]
fn shadow_mode_never_holds() {
    let mut stage = bodies(r#", "mode": "shadow""#);
    assert_eq!(stage.begin(1, &[], false), Action::Continue);
    assert_eq!(stage.part(1, "att", 3, false), Action::Continue);
    assert_eq!(stage.part(1, "ack", 3, true), Action::Continue);
    let left = stage.proxy.left.borrow();
    assert_eq!(left.get("verdict.body.decision").map(String::as_str), Some("would_deny"));

    let mut stage: Stage<KeyPolicy> = Stage::new(
        r#"{"default": "deny", "mode": "shadow", "rules": [{"name": "all"}],
            "keys": {"cluster": "keys", "authority": "keys.example", "path": "/keys.json"}}"#,
    );
    assert_eq!(stage.request(1, &[("x-api-key", "made-up"), ("x-consumer", "kept")]), Action::Continue);
    stage.tick();
    stage.reply(200, KEYS);
    let kept = stage.proxy.heads.borrow()[0].values("x-consumer").count();
    assert_eq!((stage.done(), kept), (BTreeMap::new(), 1));
    assert_eq!(stage.proxy.left.borrow().get("verdict.key.reason").map(String::as_str), Some("key.key_unknown"));
}

#[test]
fn an_admission_that_ended_does_not_come_back_when_the_clock_steps_back() {
    // 2023-11-14T22:13:20Z is where the played clock begins.
    let mut stage: Stage<IpAllowlist> = Stage::new(
        r#"{"client_address": "envoy", "default": "deny",
            "rules": [{"name": "all", "allow": [{"entry": "127.0.0.2", "until": "2023-11-14T22:14:00Z"}]}]}"#,
    );
    assert_eq!(stage.request(1, &[]), Action::Continue);
    stage.proxy.pass(60 * SECOND);
    assert_eq!(stage.request(2, &[]), Action::Pause);
    let (wall, mono) = stage.proxy.clocks.get();
    stage.proxy.clocks.set((wall - 50 * SECOND, mono));
    assert_eq!(stage.request(3, &[]), Action::Pause);
    stage.tick();
    assert_eq!(stage.request(4, &[]), Action::Pause);
}

#[test]
fn a_request_waits_for_each_of_its_lists_in_turn_and_not_for_ever() {
    // Neither fetch is given up before the request's own time is over.
    let lists = || -> Stage<IpAllowlist> {
        Stage::new(
            r#"{"client_address": "envoy", "default": "deny",
                "lists": {"one": {"fetch": {"cluster": "a", "authority": "a.example", "path": "/one", "timeout_seconds": 30}},
                          "two": {"fetch": {"cluster": "b", "authority": "b.example", "path": "/two", "timeout_seconds": 30}}},
                "rules": [{"name": "all", "allow": ["any"], "deny": ["one", "two"]}]}"#,
        )
    };
    let mut stage = lists();
    assert_eq!(stage.request(1, &[]), Action::Pause);
    stage.tick();
    assert_eq!(stage.calls().len(), 2);
    // The one that it waits for comes first.
    stage.proxy.calls.borrow_mut().reverse();
    stage.reply(200, "192.0.2.1");
    stage.wait(1);
    assert_eq!(stage.done(), BTreeMap::new(), "the other list is still to come");
    stage.reply(200, "192.0.2.2");
    stage.wait(1);
    assert_eq!(stage.done(), BTreeMap::from([(1, Done::Resumed)]));

    // Five seconds in all: what came meanwhile gives it no others.
    let mut stage = lists();
    assert_eq!(stage.request(1, &[]), Action::Pause);
    stage.wait(4);
    stage.proxy.calls.borrow_mut().reverse();
    stage.reply(200, "192.0.2.1");
    stage.tick();
    assert_eq!(stage.done(), BTreeMap::new());
    stage.wait(2);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(503, "verdict:ip-allowlist.list_unavailable"))]));
}

#[test]
fn a_flood_of_those_who_wait_is_refused_and_never_let_through() {
    let mut stage: Stage<KeyPolicy> = Stage::new(
        r#"{"default": "deny", "on_error": "allow", "rules": [{"name": "all"}],
            "keys": {"cluster": "keys", "authority": "keys.example", "path": "/keys.json"}}"#,
    );
    for id in 1..=10_000 {
        assert_eq!(stage.request(id, &[("x-api-key", "made-up")]), Action::Pause);
    }
    assert_eq!(stage.done(), BTreeMap::new());
    assert_eq!(stage.request(10_001, &[("x-api-key", "made-up")]), Action::Pause);
    assert_eq!(stage.done(), BTreeMap::from([(10_001, refused(503, "verdict:key.too_many_waiting"))]));
}

#[test]
fn a_flood_of_made_up_keys_is_not_its_own_leave_to_pass() {
    let mut stage: Stage<SubscriptionPolicy> = Stage::new(
        r#"{"default": "deny", "on_error": "allow", "keys": {"from": [{"header": "x-api-key"}]},
            "source": {"lookup": {"cluster": "portal", "authority": "portal.example", "path": "/lookup", "max_in_flight": 8}},
            "rules": [{"name": "all", "api": "orders"}]}"#,
    );
    // A quarter is kept for those whom the source knows.
    for id in 1..=6 {
        assert_eq!(stage.request(id, &[("x-api-key", &format!("made-up-{id:020}"))]), Action::Pause);
    }
    assert_eq!(stage.done(), BTreeMap::new());
    assert_eq!(stage.request(7, &[("x-api-key", "made-up-too-0123456789abc")]), Action::Pause);
    assert_eq!(stage.done(), BTreeMap::from([(7, refused(503, "verdict:subscription.too_many_waiting"))]));
}

#[test]
fn a_source_that_has_nobody_yet_may_go_on_having_nobody() {
    let mut stage: Stage<SubscriptionPolicy> = Stage::new(
        r#"{"default": "deny", "keys": {"from": [{"header": "x-api-key"}]},
            "source": {"snapshot": {"cluster": "portal", "authority": "portal.example", "path": "/snapshot"}},
            "rules": [{"name": "all", "api": "orders"}]}"#,
    );
    let mut versions = 0;
    for _ in 0..1000 {
        stage.wait(1);
        if !stage.calls().is_empty() {
            versions += 1;
            stage.reply(200, &format!("{{\"snapshot\": 1, \"version\": {versions}}}\n{{\"end\": 1}}\n"));
        }
    }
    assert!(versions > 1, "it was asked {versions} times");
    assert_eq!(*stage.proxy.log.borrow(), [""; 0], "nothing to complain of");
}

#[test]
fn a_clock_that_is_set_forward_counts_from_the_next_tick_on() {
    let mut stage: Stage<IpAllowlist> = Stage::new(
        r#"{"client_address": "envoy", "default": "deny",
            "rules": [{"name": "all", "allow": [{"entry": "127.0.0.2", "until": "2023-11-14T22:14:00Z"}]}]}"#,
    );
    assert_eq!(stage.request(1, &[]), Action::Continue);
    let (wall, mono) = stage.proxy.clocks.get();
    stage.proxy.clocks.set((wall + 60 * SECOND, mono));
    stage.tick();
    assert_eq!(stage.request(2, &[]), Action::Pause);
}

#[test]
fn a_host_that_hands_out_no_body_is_an_error_and_not_a_pass() {
    let mut stage = bodies("");
    let _ = stage.begin(1, &[], false);
    stage.proxy.bodies.borrow_mut()[0] = None;
    let action = stage.gate.on_body(ExchangeId(1), Side::Request, 10, true, &stage.proxy);
    assert_eq!(action, Action::Pause);
    assert_eq!(stage.done(), BTreeMap::from([(1, refused(503, "verdict:body.host_unsupported"))]));
}

verdict_policy::object! {
    /// Nothing beside what every filter has.
    pub struct NoSettings {}
}

verdict_policy::object! {
    /// Nothing beside what every rule has.
    pub struct NoAsks {}
}

/// Says that it reads no bodies, and asks for that of a request with `x-read`; waits with every other response at hand.
struct Forgetful {
    rules: Rules<NoAsks>,
}

impl Policy for Forgetful {
    const NAME: &'static str = "forgetful";
    const REASONS: &'static [&'static Reason] = &[];
    const IDENTIFIES: bool = false;
    const READS_BODIES: bool = false;
    type Exchange = ();

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        let (_, _, rules) = settings::read::<NoSettings, NoAsks>(Self::NAME, document, problems)?;
        Some(Self { rules })
    }

    fn on(&mut self, (): &mut (), event: Event<'_>, env: &Env<'_>) -> Step {
        let rule = match self.rules.find(env) {
            Ok((rule, _)) => Rc::clone(rule),
            Err(step) => return step,
        };
        match event {
            Event::Request if env.request.values("x-read").next().is_some() => {
                Then::NeedBody(NeedBody { rule, limit: 1000, over: Over::Deny }).into()
            }
            Event::Request => Step::go_on().watch_response(),
            Event::RequestBody(_) | Event::Again | Event::TimedOut | Event::Response(..) | Event::ResponseBody(_) => {
                Then::Wait(Wait { rule, call: CallId(1), until: Mono(u64::MAX) }).into()
            }
        }
    }

    fn next(&mut self, _: Now) -> Next {
        Next::Sleep(None)
    }

    fn on_reply(&mut self, _: CallId, _: Result<Reply, CallError>, _: Now) {}

    fn gauges(&self, _: Now, _: &mut dyn FnMut(Gauge<'_>)) {}
}

#[test]
fn what_a_policy_said_that_it_never_needs_is_not_waited_for() {
    let mut stage: Stage<Forgetful> = Stage::new(r#"{"default": "deny", "rules": [{"name": "all"}]}"#);
    assert_eq!(stage.begin(1, &[("x-read", "1")], false), Action::Pause);
    assert_eq!(stage.request(2, &[]), Action::Continue);
    // The module is not told of the body of a response: held, its head alone would be.
    assert_eq!(stage.gate.on_response(ExchangeId(2), false, &stage.proxy), Action::Pause);
    let unable = refused(503, "verdict:forgetful.not_evaluated");
    assert_eq!(stage.done(), BTreeMap::from([(1, unable.clone()), (2, unable)]));
}
