//! Probes in a chain: what each of them sees, and what becomes of what both say.

use std::collections::VecDeque;

use super::*;
use crate::attributes::Attributes;
use crate::contract::{Origin, Wait};
use crate::crypto::NoCrypto;
use crate::problems::Place;
use crate::render::sample;
use crate::settings::Rule;
use crate::time::Mono;

/// Answers what it was told to, in order, and notes what it saw.
struct Probe {
    answers: VecDeque<Step>,
    saw: Vec<String>,
}

impl Policy for Probe {
    const NAME: &'static str = "probe";
    const REASONS: &'static [&'static Reason] = &[];
    const IDENTIFIES: bool = true;
    const READS_BODIES: bool = true;
    type Exchange = ();

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        Members::of(document.value(), document.place(), problems)?.finish().then(|| probe([]))
    }

    fn on(&mut self, (): &mut (), event: Event<'_>, env: &Env<'_>) -> Step {
        let event = match event {
            Event::Request => "request".to_owned(),
            Event::RequestBody(body) => format!("body {}", shown(body)),
            Event::Again => "again".to_owned(),
            Event::TimedOut => "timed out".to_owned(),
            Event::Response(..) => "response".to_owned(),
            Event::ResponseBody(body) => format!("response's body {}", shown(body)),
        };
        let made = env.request.values("x-made").next().map(String::from_utf8_lossy);
        let caller = env.identity.and_then(|identity| identity.claim("sub"));
        self.saw.push(match (made, caller) {
            (None, None) => event,
            (made, caller) => format!("{event}, {}, {}", made.unwrap_or_default(), caller.unwrap_or_default()),
        });
        self.answers.pop_front().unwrap_or_else(Step::go_on)
    }

    fn next(&mut self, _: Now) -> Next {
        Next::Sleep(None)
    }

    fn on_reply(&mut self, _: CallId, _: Result<Reply, CallError>, _: Now) {}

    fn gauges(&self, _: Now, _: &mut dyn FnMut(Gauge<'_>)) {}
}

fn shown(body: Body<'_>) -> String {
    match body {
        Body::Whole(bytes, _) => format!("whole {}", bytes.len()),
        Body::Prefix(bytes) => format!("prefix {}", bytes.len()),
        Body::Unavailable => "unavailable".to_owned(),
    }
}

fn probe<const N: usize>(answers: [Step; N]) -> Probe {
    Probe { answers: answers.into(), saw: Vec::new() }
}

fn rule(name: &str) -> Rc<Rule> {
    Rc::new(Rule {
        filter: "probe",
        name: name.to_owned(),
        place: Place::root().key(name),
        owner: None,
        contact: None,
        mode: Mode::Enforce,
        settings: Rc::new(sample::settings()),
    })
}

/// Says who the caller is, to the policies behind and to the upstream.
fn known(step: Step) -> Step {
    let alice = Identity::new("probe", vec![("sub".to_owned(), "alice".to_owned())], None);
    step.edit_request(&rule("known"), Edit::Set("x-made".into(), b"edited".to_vec())).identify(&rule("known"), alice)
}

fn wait() -> Step {
    Then::Wait(Wait { rule: rule("wait"), call: CallId(1), until: Mono(1) }).into()
}

fn need(name: &str, limit: usize, over: Over) -> Step {
    Then::NeedBody(NeedBody { rule: rule(name), limit, over }).into()
}

struct NoAttributes;

impl Attributes for NoAttributes {
    fn attribute(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

/// Tells a policy what happens to one request.
fn tell<P: Policy>(policy: &mut P, events: &[Event<'_>]) -> Vec<Step> {
    let mut exchange = P::Exchange::default();
    let request = Head::from_pairs([(":path", "/")]);
    let env = Env {
        now: &Now::default,
        request: &request,
        bodiless: true,
        attributes: &NoAttributes,
        crypto: &NoCrypto,
        identity: None,
    };
    events.iter().map(|event| policy.on(&mut exchange, *event, &env)).collect()
}

#[test]
fn the_second_sees_what_the_first_made_of_the_request_whatever_happens() {
    let head = Head::default();
    let response = Event::Response(&head, Origin::Upstream);
    let body = Event::ResponseBody(Body::Whole(b"four", &head));
    let watches = || Step::go_on().watch_response();
    for (first, second, events, saw) in [
        (vec![known(Step::go_on())], vec![], vec![Event::Request], vec!["request, edited, alice"]),
        // Said before the first has decided.
        (vec![known(wait())], vec![], vec![Event::Request, Event::Again], vec!["request, edited, alice"]),
        (
            vec![known(Step::go_on())],
            vec![wait()],
            vec![Event::Request, Event::Again],
            vec!["request, edited, alice", "again, edited, alice"],
        ),
        (
            vec![known(Step::go_on())],
            vec![watches(), need("second", 10, Over::Deny)],
            vec![Event::Request, response, body],
            vec!["request, edited, alice", "response, edited, alice", "response's body whole 4, edited, alice"],
        ),
        (vec![], vec![], vec![Event::Request], vec!["request"]),
    ] {
        let probe = |answers: Vec<Step>| Probe { answers: answers.into(), saw: Vec::new() };
        let mut chain = Chain { first: probe(first), second: probe(second) };
        tell(&mut chain, &events);
        assert_eq!(chain.second.saw, saw);
        assert!(chain.first.saw.iter().all(|saw| !saw.contains("alice")), "{:?}", chain.first.saw);
    }
}

#[test]
fn in_a_longer_chain_too_the_last_knows_who_the_caller_is() {
    let mut chain =
        Chain { first: probe([known(Step::go_on())]), second: Chain { first: probe([]), second: probe([]) } };
    tell(&mut chain, &[Event::Request]);
    assert_eq!(chain.second.second.saw, ["request, edited, alice"]);

    // The one in the middle waits: what the first said is said before the chain of both admits.
    let mut chain =
        Chain { first: Chain { first: probe([known(Step::go_on())]), second: probe([wait()]) }, second: probe([]) };
    tell(&mut chain, &[Event::Request, Event::Again]);
    assert_eq!(chain.second.saw, ["request, edited, alice"]);
}

#[test]
fn a_response_is_read_so_far_that_each_sees_and_refuses_what_it_would_alone() {
    let (deny, prefix) = (Over::Deny, Over::Prefix);
    let whole: fn(usize) -> String = |size| format!("response's body whole {size}");
    let beginning: fn(usize) -> String = |size| format!("response's body prefix {size}");
    // What the first and the second ask for; the limit of both, and whose it is; how long the body is, and what they see of it.
    for (first, second, limit, name, size, saw) in [
        ((1000, deny), (100, prefix), (1000, deny), "first", 500, [whole(500), beginning(100)]),
        ((100, prefix), (1000, deny), (1000, deny), "second", 500, [beginning(100), whole(500)]),
        ((100, deny), (1000, prefix), (100, deny), "first", 100, [whole(100), whole(100)]),
        ((1000, deny), (100, deny), (100, deny), "second", 100, [whole(100), whole(100)]),
        ((100, deny), (1000, deny), (100, deny), "first", 100, [whole(100), whole(100)]),
        ((1000, prefix), (100, prefix), (1000, prefix), "first", 1500, [beginning(1000), beginning(100)]),
        ((100, prefix), (1000, prefix), (1000, prefix), "second", 500, [beginning(100), whole(500)]),
        ((100, prefix), (1000, prefix), (1000, prefix), "second", 100, [whole(100), whole(100)]),
    ] {
        let what = format!("{first:?}, {second:?}, {size}");
        let asks = |name, (size, over)| probe([Step::go_on().watch_response(), need(name, size, over)]);
        let mut chain = Chain { first: asks("first", first), second: asks("second", second) };
        let (head, bytes) = (Head::default(), vec![b'a'; size]);
        // As the gate hands it over.
        let body = match limit {
            (limit, Over::Prefix) if size > limit => Body::Prefix(&bytes[..limit]),
            (limit, Over::Prefix | Over::Deny) => {
                assert!(size <= limit, "{what}: refused");
                Body::Whole(&bytes, &head)
            }
        };
        let events = [Event::Request, Event::Response(&head, Origin::Upstream), Event::ResponseBody(body)];
        let steps = tell(&mut chain, &events);
        let Then::NeedBody(need) = &steps[1].then else { panic!("{what}: {:?}", steps[1]) };
        assert_eq!(((need.limit, need.over), &*need.rule.name), (limit, name), "{what}");
        assert_eq!([&chain.first.saw[2], &chain.second.saw[2]], [&saw[0], &saw[1]], "{what}");
    }
}

#[test]
fn every_problem_of_a_chain_is_told_with_place_and_remedy() {
    let unknown = |name: &str| format!("/{name}: there is no `{name}` here; use one of: `first`, `second`");
    for (config, expected) in [
        (r#"{"first": {}, "second": {}}"#, vec![]),
        (r#"{"first": {}, "second": {}, "mode": "shadow"}"#, vec![unknown("mode")]),
        (r#"{"first": {}, "second": {}, "third": {}, "rules": []}"#, vec![unknown("third"), unknown("rules")]),
        (r#"{"frist": {}, "second": {}}"#, vec![unknown("frist"), "/: `first` is missing; add it".to_owned()]),
        (
            r#"{"first": {}, "first": {}, "second": {}}"#,
            vec!["/first: this name is there twice in one object; delete one of the two".to_owned()],
        ),
        ("[]", vec!["/: this is a list; write an object: `{ … }`".to_owned()]),
    ] {
        let mut problems = Problems::new();
        let document = Document::parse(config.as_bytes(), &mut problems).unwrap();
        let chain = Chain::<Probe, Probe>::load(&document, &NoCrypto, &mut problems);
        let told: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect();
        assert_eq!(told, expected, "{config}");
        assert!(chain.is_some() || !told.is_empty(), "{config}");
    }
}
