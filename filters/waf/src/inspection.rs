//! One exchange under inspection: what of it is handed to the rules, and when.

use std::borrow::Cow;
use std::rc::Rc;

use verdict_policy::client_address::ClientAddress;
use verdict_policy::contract::{Body, Env, Event, NeedBody, Origin, Over as Beyond, Step, Then};
use verdict_policy::denial::Denial;
use verdict_policy::head::{Head, Sole};
use verdict_policy::reason::{Reason, common};
use verdict_policy::settings::Rule;
use verdict_policy::stream::Stream;
use verdict_seclang::body::decompress::{self, Unreadable};
use verdict_seclang::language::ast::Variable;
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Connection, Outcome, Start, Transaction};

use crate::profile::{Limits, Profile};
use crate::raw::{Over, Streams};
use crate::totals::Totals;
use crate::{audit, reasons, refusal};

/// An exchange under inspection.
pub(crate) struct Inspection {
    rule: Rc<Rule>,
    profile: Rc<Profile>,
    transaction: Transaction,
    /// `Content-Encoding` of the response.
    codings: Vec<u8>,
    /// How many of those that matched are counted.
    counted: usize,
}

/// How far it is.
pub(crate) enum Stage {
    /// The body is needed.
    NeedsBody(Limits, Beyond),
    /// The request may go on; its response is to be inspected too.
    NeedsResponse,
    /// There is nothing more to look at.
    Clean,
    /// It is refused.
    Refused(Denial),
    /// The host does not hand out what has to be inspected.
    Unable(Denial),
}

/// What of the connection the rules look at: asking costs a call into the host each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    remote_port: bool,
    server_address: bool,
    server_port: bool,
}

impl Reads {
    /// What the rules look at.
    pub fn of(rules: &RuleSet) -> Self {
        Self {
            remote_port: rules.reads(Variable::RemotePort),
            server_address: rules.reads(Variable::ServerAddr),
            server_port: rules.reads(Variable::ServerPort),
        }
    }
}

impl Inspection {
    /// Begins one.
    pub fn new(engine: &Rc<RuleSet>, rule: &Rc<Rule>, profile: &Rc<Profile>, env: &Env<'_>) -> Self {
        let unique_id = match env.request.sole("x-request-id") {
            Sole::One(id) => id,
            Sole::Absent | Sole::Many => b"",
        };
        let start = Start {
            epoch: (env.now)().wall.seconds(),
            unique_id,
            budget: u64::from(profile.work_limit).saturating_mul(1000),
        };
        let mut transaction = Transaction::new(engine, &start);
        transaction.application(rule.name.as_bytes());
        let (rule, profile) = (Rc::clone(rule), Rc::clone(profile));
        Self { rule, profile, transaction, codings: Vec::new(), counted: 0 }
    }

    /// Tells the rules of the connection. An address that is not known is empty.
    pub fn connection(&mut self, address: &ClientAddress, reads: Reads, env: &Env<'_>) {
        let remote = address.of(env.request, env.attributes).map(|client| client.ip.to_string()).unwrap_or_default();
        // Ports come as eight bytes, least significant first.
        let port = |wanted: bool, path: &str| {
            let port = wanted.then(|| env.attributes.attribute(path)).flatten();
            port.and_then(|port| u16::try_from(u64::from_le_bytes(port.try_into().ok()?)).ok()).unwrap_or(0)
        };
        let server = reads.server_address.then(|| env.attributes.attribute("destination\0address")).flatten();
        let server = server.and_then(|server| {
            let text = std::str::from_utf8(&server).ok()?;
            let address: std::net::SocketAddr = text.parse().ok()?;
            Some(address.ip().to_string())
        });
        self.transaction.connection(&Connection {
            remote_address: remote.as_bytes(),
            remote_port: port(reads.remote_port, "source\0port"),
            server_address: server.unwrap_or_default().as_bytes(),
            server_port: port(reads.server_port, "destination\0port"),
        });
    }

    /// The head of the request.
    pub fn request(&mut self, env: &Env<'_>) -> Stage {
        let head = env.request;
        let protocol = env.attributes.attribute("request\0protocol");
        let protocol = protocol.as_deref().unwrap_or(b"HTTP/1.1");
        let authority = head.values(":authority").next();
        // The target of CONNECT is an authority, and no path (RFC 9112, section 3.2.3).
        let target = head.path().or(authority).unwrap_or_default();
        self.transaction.request_line(head.method(), target, protocol);
        // What hosts make of `Host` and of `Transfer-Encoding`, rules shall know by its name: of HTTP/1 a body without a length is in chunks.
        let absent = |name| head.sole(name) == Sole::Absent;
        let host = authority.filter(|_| absent("host")).map(|host| (b"host".as_slice(), host));
        let chunked =
            !env.bodiless && protocol.starts_with(b"HTTP/1") && absent("content-length") && absent("transfer-encoding");
        let chunked = chunked.then_some((b"transfer-encoding".as_slice(), b"chunked".as_slice()));
        let outcome = self.transaction.request_headers(host.into_iter().chain(chunked).chain(plain(head)));
        if let Some(stage) = self.stopped(outcome) {
            return stage;
        }
        let stream = Stream::of(head, None);
        if stream != Stream::Ends && self.profile.streams == Streams::Refuse {
            return Stage::Refused(Denial::new(&reasons::STREAM_NOT_ALLOWED, &self.rule));
        }
        let unread = stream != Stream::Ends && self.profile.streams == Streams::Head;
        if env.bodiless || unread || !self.transaction.wants_request_body() {
            return self.request_body(b"");
        }
        let over = match (stream, self.profile.request.over) {
            (Stream::Ends, Over::Refuse) => Beyond::Deny,
            (Stream::Open | Stream::Upgrade, Over::Refuse) | (_, Over::InspectPrefix) => Beyond::Prefix,
        };
        Stage::NeedsBody(self.profile.request, over)
    }

    /// What came next of what was asked for.
    pub fn goes_on(&mut self, event: Event<'_>, env: &Env<'_>) -> Stage {
        match event {
            Event::RequestBody(body) => {
                if let Body::Whole(_, trailers) = body {
                    self.transaction.request_trailers(plain(trailers));
                }
                let codings: Vec<&[u8]> = env.request.values("content-encoding").collect();
                match self.content(body, &codings.join(&b','), self.profile.request, &reasons::BODY_UNREADABLE) {
                    Ok(Content { bytes, cut }) => {
                        if cut {
                            self.transaction.cut_request_body();
                        }
                        self.request_body(&bytes)
                    }
                    Err(stage) => stage,
                }
            }
            Event::Response(head, Origin::Upstream) => self.response(head),
            // What another filter or the proxy says is not the upstream's.
            Event::Response(_, Origin::Local) => Stage::Clean,
            Event::ResponseBody(body) => {
                if let Body::Whole(_, trailers) = body {
                    self.transaction.response_trailers(plain(trailers));
                }
                let Some(limits) = self.profile.response else { return Stage::Clean };
                let codings = std::mem::take(&mut self.codings);
                match self.content(body, &codings, limits, &reasons::RESPONSE_UNREADABLE) {
                    Ok(Content { bytes, cut }) => {
                        if cut {
                            self.transaction.cut_response_body();
                        }
                        self.response_body(&bytes)
                    }
                    Err(stage) => stage,
                }
            }
            Event::Request | Event::Again | Event::TimedOut => Stage::Clean,
        }
    }

    fn request_body(&mut self, body: &[u8]) -> Stage {
        let outcome = self.transaction.request_body(body);
        match self.stopped(outcome) {
            Some(stage) => stage,
            None if self.profile.response.is_some() => Stage::NeedsResponse,
            None => Stage::Clean,
        }
    }

    fn response(&mut self, head: &Head) -> Stage {
        let Some(limits) = self.profile.response else { return Stage::Clean };
        let status = head.values(":status").next().and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        let outcome = self.transaction.response_headers(status.unwrap_or(0), b"HTTP/1.1", plain(head));
        if let Some(stage) = self.stopped(outcome) {
            return stage;
        }
        if !self.transaction.wants_response_body() {
            return self.response_body(b"");
        }
        self.codings = head.values("content-encoding").collect::<Vec<_>>().join(&b',');
        let over = match limits.over {
            Over::Refuse => Beyond::Deny,
            Over::InspectPrefix => Beyond::Prefix,
        };
        Stage::NeedsBody(limits, over)
    }

    fn response_body(&mut self, body: &[u8]) -> Stage {
        let outcome = self.transaction.response_body(body);
        self.stopped(outcome).unwrap_or(Stage::Clean)
    }

    /// A body as rules are to see it.
    fn content<'b>(
        &self,
        body: Body<'b>,
        codings: &[u8],
        limits: Limits,
        unreadable: &'static Reason,
    ) -> Result<Content<'b>, Stage> {
        let (bytes, cut) = match body {
            Body::Whole(bytes, _) => (bytes, false),
            Body::Prefix(bytes) => (bytes, true),
            Body::Unavailable => {
                let denial = Denial::new(&common::HOST_UNSUPPORTED, &self.rule);
                return Err(Stage::Unable(denial.with("call", "the body of a message")));
            }
        };
        let fault = match decompress::decode(codings, bytes, limits.expanded.max(limits.bytes)) {
            Ok(bytes) => return Ok(Content { bytes, cut }),
            Err(Unreadable::Broken) if cut => "a compressed body can be inspected as a whole only".to_owned(),
            Err(fault) => fault.to_string(),
        };
        Err(Stage::Refused(Denial::new(unreadable, &self.rule).with("fault", fault)))
    }

    /// How it ends, if it does.
    fn stopped(&self, outcome: Outcome) -> Option<Stage> {
        match outcome {
            Outcome::Pass => None,
            Outcome::Interrupted(interruption) => {
                Some(Stage::Refused(refusal::of(&interruption, &self.transaction, &self.rule)))
            }
            Outcome::OverBudget => {
                let denial = Denial::new(&reasons::WORK_LIMIT_EXCEEDED, &self.rule);
                Some(Stage::Refused(denial.with_full("limit", self.profile.work_limit)))
            }
        }
    }

    /// Counts what matched since the last time.
    pub fn count(&mut self, totals: &mut Totals) {
        let matched = self.transaction.matched();
        for one in matched.get(self.counted..).unwrap_or_default() {
            totals.add(one.id, one.phase, self.rule.mode);
        }
        self.counted = matched.len();
    }

    /// What the gate is told, and whether there is more to come.
    pub fn answer(&mut self, stage: Stage) -> (Step, bool) {
        let step = match stage {
            Stage::NeedsBody(limits, over) => {
                let need = NeedBody { rule: Rc::clone(&self.rule), limit: limits.bytes, over };
                return (Then::NeedBody(need).into(), true);
            }
            Stage::NeedsResponse => return (Step::go_on().watch_response(), true),
            Stage::Clean => Step::allow(&self.rule),
            Stage::Refused(denial) => Step::deny(denial),
            Stage::Unable(denial) => Step::unable(denial),
        };
        self.transaction.logging();
        let step = match audit::line(&self.transaction, &self.rule) {
            Some(line) => step.leave("verdict.waf.audit", line.into()),
            None => step,
        };
        (step, false)
    }
}

/// The body as rules are to see it.
struct Content<'b> {
    bytes: Cow<'b, [u8]>,
    /// Whether it is the beginning only.
    cut: bool,
}

/// Headers that are none of the protocol's own (`:path`).
fn plain(head: &Head) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.iter().filter(|(name, _)| !name.starts_with(b":"))
}
