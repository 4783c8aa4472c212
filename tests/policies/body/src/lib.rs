//! Refuses messages whose body has a word in it: how a policy that reads bodies is written.

use std::rc::Rc;

use verdict_policy::contract::{
    Body, CallError, CallId, Env, Event, Gauge, NeedBody, Next, Over, Policy, Reply, Step, Then,
};
use verdict_policy::crypto::Crypto;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::head::Edit;
use verdict_policy::problems::Problems;
use verdict_policy::reason::{Reason, Retry, common};
use verdict_policy::settings::{self, Rule, Rules};
use verdict_policy::time::Now;

pub mod raw;

/// The body of the request has the word in it.
static WORD_FOUND: Reason = Reason {
    code: "word_found",
    status: 403,
    title: "The body of this request is not admitted.",
    detail: "The body has the word {word} in it.",
    remedy: "Leave the word out.",
    operator: "Change the rule's `forbid`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The body of the response has the word in it.
static WORD_IN_RESPONSE: Reason = Reason {
    code: "word_in_response",
    status: 502,
    title: "The response is withheld.",
    detail: "The body of the response has the word {word} in it.",
    remedy: "Ask for something else.",
    operator: "Change the rule's `forbid`, or what the upstream answers.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The header that tells whom a policy in front found the caller to be.
const CALLER: &str = "x-caller";

/// Refuses by what is in a body.
pub struct BodyPolicy {
    rules: Rules<raw::Asks>,
}

/// The rule that the request came under.
#[derive(Default)]
pub struct Exchange(Option<(Rc<Rule>, raw::Asks)>);

impl Policy for BodyPolicy {
    const NAME: &'static str = "body";
    const REASONS: &'static [&'static Reason] = &[&WORD_FOUND, &WORD_IN_RESPONSE];
    const IDENTIFIES: bool = false;
    const READS_BODIES: bool = true;
    type Exchange = Exchange;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        let (_, _, rules) = settings::read::<raw::Settings, raw::Asks>(Self::NAME, document, problems)?;
        Some(Self { rules })
    }

    fn on(&mut self, exchange: &mut Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        if let Event::Request = event {
            match self.rules.find(env) {
                Ok((rule, asks)) => exchange.0 = Some((Rc::clone(rule), asks.clone())),
                Err(step) => return step,
            }
        }
        let Some((rule, asks)) = &exchange.0 else { return Step::go_on() };
        let need = || {
            let over = if asks.prefix { Over::Prefix } else { Over::Deny };
            let limit = usize::try_from(asks.limit).unwrap_or(usize::MAX);
            Then::NeedBody(NeedBody { rule: Rc::clone(rule), limit, over })
        };
        let has_word = |body: &[u8]| body.windows(asks.forbid.len().max(1)).any(|part| part == asks.forbid.as_bytes());
        match event {
            Event::Request => {
                let step = Step::from(need());
                // Said at once: an upstream may answer before the body of the request is decided.
                let step = if asks.response { step.watch_response() } else { step };
                if asks.tell_caller { step.edit_request(rule, caller(env)) } else { step }
            }
            Event::RequestBody(Body::Whole(body, _) | Body::Prefix(body)) => {
                if has_word(body) {
                    return Step::deny(Denial::new(&WORD_FOUND, rule).with("word", &asks.forbid));
                }
                Step::allow(rule)
            }
            Event::Response(..) if asks.tell_caller => Step::from(need()).edit_response(rule, caller(env)),
            Event::Response(..) => need().into(),
            Event::ResponseBody(Body::Whole(body, _) | Body::Prefix(body)) => {
                if has_word(body) {
                    return Step::deny(Denial::new(&WORD_IN_RESPONSE, rule).with("word", &asks.forbid));
                }
                Step::go_on()
            }
            Event::RequestBody(Body::Unavailable) | Event::ResponseBody(Body::Unavailable) => {
                Step::unable(Denial::new(&common::HOST_UNSUPPORTED, rule).with("call", "proxy_get_buffer_bytes"))
            }
            // Never asked for.
            Event::Again | Event::TimedOut => Step::go_on(),
        }
    }

    fn next(&mut self, _: Now) -> Next {
        Next::Sleep(None)
    }

    fn on_reply(&mut self, _: CallId, _: Result<Reply, CallError>, _: Now) {}

    fn gauges(&self, _: Now, _: &mut dyn FnMut(Gauge<'_>)) {}
}

/// The header that tells who the caller is. Whoever else wrote it is not believed.
fn caller(env: &Env<'_>) -> Edit {
    match env.identity.and_then(|identity| identity.claim("consumer")) {
        Some(consumer) => Edit::Set(CALLER.into(), consumer.into()),
        None => Edit::Remove(CALLER.into()),
    }
}

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(BodyPolicy, reads bodies);
