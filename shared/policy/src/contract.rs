//! The contract between a filter and whatever runs it: one screen, and the screen is [`Policy`].
//!
//! A policy calls nobody. It is told what happened, and answers; time, replies of other services and every failure are
//! handed in. The same events give the same answers in a test, in the proxy and in a browser page.

use std::rc::Rc;
use std::time::Duration;

use crate::attributes::Attributes;
use crate::audience::Audience;
use crate::crypto::Crypto;
use crate::denial::Denial;
use crate::document::Document;
use crate::head::{Edit, Head, REASON_HEADER};
use crate::identity::Identity;
use crate::metrics::Metric;
use crate::problems::Problems;
use crate::reason::Reason;
use crate::settings::{Mode, Rule, Show};
use crate::time::{Mono, Now};

/// What a filter decides.
pub trait Policy: Sized + 'static {
    /// The filter's name: its folder, its module, its label in the metrics and the first half of its reasons.
    const NAME: &'static str;
    /// Why it refuses, besides [`crate::reason::common`].
    const REASONS: &'static [&'static Reason];
    /// Whether it ever says who the caller is ([`Step::identify`]).
    const IDENTIFIES: bool;
    /// Whether it ever asks for a body ([`Then::NeedBody`]), or waits with a response at hand. The module of one that does neither is spared
    /// what reads bodies, and is not told of those of responses.
    const READS_BODIES: bool;
    /// What it remembers of one request; `()` for most.
    type Exchange: Default;

    /// Reads the configuration. `None` if anything is wrong, and then `problems` says what, all of it. `crypto` is what the host can
    /// verify; tried out here, it need not be tried again.
    fn load(document: &Document, crypto: &dyn Crypto, problems: &mut Problems) -> Option<Self>;
    /// Answers an event of one exchange.
    fn on(&mut self, exchange: &mut Self::Exchange, event: Event<'_>, env: &Env<'_>) -> Step;
    /// What to do between requests. Asked after each reply and on ticks, again and again until the answer is [`Next::Sleep`].
    fn next(&mut self, now: Now) -> Next;
    /// Takes the reply to a call, or the reason why there is none. Keeps it short: a long document is read in `next`.
    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now);
    /// Tells what it holds: how old its data is, how many entries. Asked about once a second.
    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>));
}

/// What happened in an exchange.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The head of the request is here ([`Env::request`]). The first event of every exchange.
    Request,
    /// The body that [`Then::NeedBody`] asked for.
    RequestBody(Body<'a>),
    /// What [`Then::Wait`] waited for is here, or will not come.
    Again,
    /// What [`Then::Wait`] waited for did not come in time. The answer is not another wait.
    TimedOut,
    /// The head of the response. Only to exchanges that [`Step::watch_response`] asked for.
    Response(&'a Head, Origin),
    /// The body of the response.
    ResponseBody(Body<'a>),
}

/// A body, as far as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// All of it, and the trailers behind it (RFC 9110, section 6.5).
    Whole(&'a [u8], &'a Head),
    /// The beginning of it: the rest was over the limit, or had not come yet in a stream without an end. Nobody sees its trailers.
    Prefix(&'a [u8]),
    /// The host does not hand it out, which no client has a hand in.
    Unavailable,
}

/// Who made a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The upstream.
    Upstream,
    /// The proxy itself, or another filter.
    Local,
}

/// What an event is answered in the light of.
pub struct Env<'a> {
    /// The time. Asking costs a call into the host.
    pub now: &'a dyn Fn() -> Now,
    /// The head of the request, also when its body or its response is at hand.
    pub request: &'a Head,
    /// Whether the head is all of the request: no body follows.
    pub bodiless: bool,
    /// What the host knows beside the headers. Asking costs a call into the host.
    pub attributes: &'a dyn Attributes,
    /// What the host can verify.
    pub crypto: &'a dyn Crypto,
    /// Who an earlier policy of the same chain found the caller to be.
    pub identity: Option<&'a Identity>,
}

/// The answer to an event.
#[derive(Debug)]
pub struct Step {
    /// What comes of it whichever way it goes on.
    pub effects: Effects,
    /// How it goes on.
    pub then: Then,
}

/// What comes of a decision, in order. For a rule in shadow mode nothing of it happens, except that the decision counts: the setters of
/// [`Step`] see to it.
#[derive(Debug, Default)]
pub struct Effects {
    /// Somebody decided, and it is counted. Of most requests nothing else comes, so that there is no list to be made.
    pub(crate) decided: Option<Decided>,
    pub(crate) more: Vec<Effect>,
}

/// One thing that comes of a decision.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Somebody else decided too.
    Decided(Decided),
    /// A header of the request changes.
    Request(Edit),
    /// Headers of the response change.
    Response(Rc<[Edit]>),
    /// Who the caller is, for the policies behind this one.
    Identity(Rc<Identity>),
    /// Left with the exchange for the access log: the name as the host knows it, and the value.
    Left(&'static str, Rc<str>),
    /// The policy wants [`Event::Response`].
    Watch,
}

impl Effects {
    /// That this was decided.
    fn of(decided: Decided) -> Self {
        Self { decided: Some(decided), more: Vec::new() }
    }

    /// And this was decided too.
    pub(crate) fn decide(&mut self, decided: Decided) {
        match self.decided {
            None => self.decided = Some(decided),
            Some(_) => self.more.push(Effect::Decided(decided)),
        }
    }

    /// And whatever comes of another decision.
    pub(crate) fn add(&mut self, others: Self) {
        if let Some(decided) = others.decided {
            self.decide(decided);
        }
        if self.more.is_empty() {
            self.more = others.more;
        } else {
            self.more.extend(others.more);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.decided.is_none() && self.more.is_empty()
    }

    /// Whether the policy wants to see the response.
    pub(crate) fn watch(&self) -> bool {
        self.more.iter().any(|effect| matches!(effect, Effect::Watch))
    }

    /// Who the caller is; if two say so, what the later one says.
    pub(crate) fn identity(&self) -> Option<&Rc<Identity>> {
        let mut latest_first = self.more.iter().rev();
        latest_first.find_map(|effect| if let Effect::Identity(identity) = effect { Some(identity) } else { None })
    }

    /// The edits to the request.
    pub(crate) fn request_edits(&self) -> impl Iterator<Item = &Edit> {
        self.more.iter().filter_map(|effect| if let Effect::Request(edit) = effect { Some(edit) } else { None })
    }

    /// The rule that admitted the request, if one did.
    pub(crate) fn admitted_by(&self) -> Option<&Rc<Rule>> {
        let others = self.more.iter().filter_map(|effect| match effect {
            Effect::Decided(decided) => Some(decided),
            Effect::Request(_) | Effect::Response(_) | Effect::Identity(_) | Effect::Left(..) | Effect::Watch => None,
        });
        self.decided.iter().chain(others).find_map(|decided| match decided {
            Decided::Allowed(rule) => Some(rule),
            Decided::WouldDeny(_) | Decided::Unable(_) | Decided::Withheld(_) => None,
        })
    }
}

/// A decision that let the exchange go on.
#[derive(Clone, Debug)]
pub enum Decided {
    /// The rule admits it.
    Allowed(Rc<Rule>),
    /// The rule is in shadow mode and would have refused.
    WouldDeny(Box<Denial>),
    /// The rule could not be evaluated, and the request passed all the same.
    Unable(Box<Denial>),
    /// The request goes on, without what it would need for its client to make use of the answer.
    Withheld(Box<Denial>),
}

/// How an exchange goes on.
#[derive(Debug)]
pub enum Then {
    /// It goes on.
    Pass,
    /// The filter answers by itself, and this is no refusal (a preflight).
    Answer(Answer),
    /// It is refused.
    Deny(Box<Denial>),
    /// Nobody can tell, for a cause that no client has a hand in: `on_error` decides. What a client can cause is [`Then::Deny`].
    Unable(Box<Denial>),
    /// The body is needed: of the request after a request's event, of the response after a response's.
    NeedBody(NeedBody),
    /// A call must come back first; then [`Event::Again`], or [`Event::TimedOut`].
    Wait(Wait),
}

/// A body that is needed.
#[derive(Debug)]
pub struct NeedBody {
    /// On whose behalf.
    pub rule: Rc<Rule>,
    /// How much of it, in bytes.
    pub limit: usize,
    /// What if there is more, or it does not end in time.
    pub over: Over,
}

/// What if a body is over its limit, or does not end in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The exchange is refused: `body_too_large`, `body_incomplete`.
    Deny,
    /// The policy gets the beginning. Of an upgrade, a gRPC call or an event stream, which have no end to wait for, it gets what
    /// comes first, of a call at least a whole message. A request that does not send as much in time is refused all the same: what a client holds back is not read.
    Prefix,
}

/// A call that must come back first.
#[derive(Debug)]
pub struct Wait {
    /// On whose behalf.
    pub rule: Rc<Rule>,
    /// Which: the policy has it under way, or offers it in [`Policy::next`] before the wait is over.
    pub call: CallId,
    /// How long at most; then comes [`Event::TimedOut`].
    pub until: Mono,
}

/// A response that the filter makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The rule that makes it.
    pub rule: Rc<Rule>,
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// What a policy does between requests.
#[derive(Debug)]
pub enum Next {
    /// Makes a call.
    Call(Call),
    /// Tells the operator something, in the proxy's log.
    Note(String),
    /// What this call was made for is there, or will not come: those who wait for it are asked [`Event::Again`].
    Ready(CallId),
    /// Has more to do, but lets others go first: no answer may take over ten milliseconds.
    Busy,
    /// Has nothing to do, at least until then.
    Sleep(Option<Mono>),
}

/// A policy's own number for what it fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// A request to another service, through a cluster of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number.
    pub id: CallId,
    /// What it is for, in the metrics. From the configuration, never from a request.
    pub label: String,
    /// The proxy's name for the service.
    pub cluster: String,
    /// Headers, `:method`, `:path` and `:authority` among them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long the reply's body may be, in bytes.
    pub max_body: usize,
}

/// A reply to a call.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status; 0 if it has none that can be read.
    pub status: u16,
    /// The headers.
    pub head: Head,
    /// The body. The policy's to keep: it may be long.
    pub body: Vec<u8>,
}

/// Why a call has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The proxy did not take the call: there is no such cluster, or it has no such function.
    Refused,
    /// No answer came: time-out, reset, connection refused. Hosts do not tell which.
    NoAnswer,
    /// The body was over [`Call::max_body`].
    TooLarge,
}

/// A number that tells how a policy is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge<'a> {
    /// Which ([`crate::metrics`]).
    pub metric: &'static Metric,
    /// The values of its labels behind `filter`, in order.
    pub labels: &'a [&'a str],
    /// How much; of a counter, how much so far.
    pub value: u64,
}

impl<'a> Gauge<'a> {
    /// The number of that metric, with those labels behind `filter`.
    pub fn new(metric: &'static Metric, labels: &'a [&'a str], value: u64) -> Self {
        Self { metric, labels, value }
    }
}

impl Step {
    /// The rule admits the exchange.
    pub fn allow(rule: &Rc<Rule>) -> Self {
        Self { effects: Effects::of(Decided::Allowed(Rc::clone(rule))), then: Then::Pass }
    }

    /// The exchange goes on, but is not given what it would need: a browser will keep the answer from the page that asked. The answer says why, to
    /// whom that may be shown, unless a filter behind this one has refused and says why already.
    pub fn withhold(denial: Denial, env: &Env<'_>) -> Self {
        let show = Audience::of(&denial, env.request, env.attributes).shown(&denial.rule.settings.disclosure);
        let (rule, code) = (Rc::clone(&denial.rule), denial.code());
        let decided = match rule.mode {
            Mode::Enforce => Decided::Withheld(Box::new(denial)),
            Mode::Shadow => Decided::WouldDeny(Box::new(denial)),
        };
        let step = Self { effects: Effects::of(decided), then: Then::Pass };
        match show {
            // A filter behind this one may have refused: then its reason stands there, and in the body too.
            Show::Full | Show::Reason => {
                step.edit_response(&rule, Edit::Default(REASON_HEADER.into(), code.into_bytes()))
            }
            Show::Opaque => step,
        }
    }

    /// The exchange goes on without a decision.
    pub fn go_on() -> Self {
        Then::Pass.into()
    }

    /// The exchange is refused.
    pub fn deny(denial: Denial) -> Self {
        Then::Deny(Box::new(denial)).into()
    }

    /// Nobody can tell.
    pub fn unable(denial: Denial) -> Self {
        Then::Unable(Box::new(denial)).into()
    }

    /// Changes a header of the request.
    #[must_use]
    pub fn edit_request(mut self, rule: &Rule, edit: Edit) -> Self {
        if rule.mode == Mode::Enforce {
            self.effects.more.push(Effect::Request(edit));
        }
        self
    }

    /// Takes a header out of the request that only the filter may set: also where the rule only watches, unless the
    /// whole filter does.
    #[must_use]
    pub(crate) fn take_out(mut self, rule: &Rule, name: String) -> Self {
        if rule.mode == Mode::Enforce || rule.settings.mode == Mode::Enforce {
            self.effects.more.push(Effect::Request(Edit::Remove(name.into())));
        }
        self
    }

    /// Changes a header of the response, also of one that the proxy or another filter makes.
    #[must_use]
    pub fn edit_response(self, rule: &Rule, edit: Edit) -> Self {
        self.edits_response(rule, Rc::new([edit]))
    }

    /// The same for several, in order. Shared, since the same may be made of many responses.
    #[must_use]
    pub fn edits_response(mut self, rule: &Rule, edits: Rc<[Edit]>) -> Self {
        if rule.mode == Mode::Enforce {
            self.effects.more.push(Effect::Response(edits));
        }
        self
    }

    /// Says who the caller is, to the policies behind this one.
    #[must_use]
    pub fn identify(mut self, rule: &Rule, identity: Rc<Identity>) -> Self {
        if rule.mode == Mode::Enforce {
            self.effects.more.push(Effect::Identity(identity));
        }
        self
    }

    /// Leaves a fact for the access log under that name, `verdict.<fact>` or `verdict.<filter>.<fact>`, whichever way it goes on and whatever the
    /// mode of the rule.
    #[must_use]
    pub fn leave(mut self, name: &'static str, value: Rc<str>) -> Self {
        self.effects.more.push(Effect::Left(name, value));
        self
    }

    /// The same, behind what comes of another step.
    #[must_use]
    pub fn after(self, before: Self) -> Self {
        let mut effects = before.effects;
        effects.add(self.effects);
        Self { effects, then: self.then }
    }

    /// Asks for [`Event::Response`].
    #[must_use]
    pub fn watch_response(mut self) -> Self {
        self.effects.more.push(Effect::Watch);
        self
    }
}

impl From<Then> for Step {
    fn from(then: Then) -> Self {
        Self { effects: Effects::default(), then }
    }
}
