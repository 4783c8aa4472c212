//! What a rule grants to pages, and the headers that say so (Fetch standard, "HTTP responses").

use std::rc::Rc;

use verdict_policy::head::{Edit, Head, REASON_HEADER, Sole};

use crate::origins::{Pattern, admitted};
use crate::raw::{Refused, Upstream};

/// Says which origin may read the answer.
pub(crate) const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const EXPOSE_HEADERS: &str = "access-control-expose-headers";

/// What is granted in an answer: without a grant, none of it may be there.
const GRANTS: [&str; 3] = [ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS];

/// What a rule grants, and to whom.
pub(crate) struct Asks {
    pub(crate) origins: Vec<Pattern>,
    pub(crate) ready: Ready,
    pub(crate) methods: Names,
    /// In lower case.
    pub(crate) request_headers: Names,
    /// As it is sent.
    pub(crate) exposed: String,
    pub(crate) credentials: bool,
    /// Seconds, as it is sent.
    pub(crate) max_age: Option<String>,
    pub(crate) private_network: bool,
    pub(crate) upstream: Upstream,
    pub(crate) refused: Refused,
}

/// What becomes of the headers of answers, as far as it is known before there is a request: most answers are among these.
#[derive(Default)]
pub(crate) struct Ready {
    withheld: Rc<[Edit]>,
    /// For each origin that is written out.
    granted: Vec<(Vec<u8>, Rc<[Edit]>)>,
    /// For every origin, where all may.
    to_all: Option<Rc<[Edit]>>,
}

/// Names of methods or headers.
pub(crate) struct Names {
    /// All of them.
    pub(crate) any: bool,
    pub(crate) listed: Vec<String>,
}

impl Ready {
    fn written_out(&self, origin: &[u8]) -> Option<&Rc<[Edit]>> {
        self.granted.iter().find(|(known, _)| known == origin).map(|(_, edits)| edits)
    }
}

impl Names {
    pub(crate) fn have(&self, name: &[u8]) -> bool {
        self.listed.iter().any(|known| known.as_bytes() == name)
    }
}

/// How a request stands to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing<'a> {
    /// No page of another origin asks.
    NotAsked,
    /// This origin may.
    Granted(&'a [u8]),
    /// This one may not, or there are several.
    Refused(Sole<'a>),
}

impl Asks {
    pub(crate) fn standing<'a>(&self, request: &'a Head) -> Standing<'a> {
        match request.sole("origin") {
            Sole::Absent => Standing::NotAsked,
            // Most are written out, and found so without a look at the patterns.
            Sole::One(origin) if self.ready.written_out(origin).is_some() => Standing::Granted(origin),
            Sole::One(origin) if admitted(&self.origins, origin) => Standing::Granted(origin),
            Sole::One(origin) if is_same_origin(request, origin) => Standing::NotAsked,
            refused @ (Sole::One(_) | Sole::Many) => Standing::Refused(refused),
        }
    }

    /// The headers of every answer to that origin, preflights and others.
    pub(crate) fn granting(&self, origin: &[u8]) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        let allowed = if self.grants_all() { b"*".to_vec() } else { origin.to_vec() };
        let credentials = self.credentials.then(|| (ALLOW_CREDENTIALS, b"true".to_vec()));
        std::iter::once((ALLOW_ORIGIN, allowed)).chain(credentials)
    }

    /// Makes ready what is known of every answer.
    pub(crate) fn prepare(&mut self) {
        let mut withheld = vec![varying()];
        withheld.extend(GRANTS.map(|name| Edit::Remove(name.into())));
        let written_out = self.origins.iter().filter_map(Pattern::sole_origin).map(String::into_bytes);
        self.ready = Ready {
            withheld: withheld.into(),
            granted: written_out.map(|origin| (origin.clone(), self.grant(&origin, None))).collect(),
            to_all: self.grants_all().then(|| self.grant(b"", None)),
        };
    }

    fn grants_all(&self) -> bool {
        self.origins.contains(&Pattern::Any)
    }

    /// What becomes of the headers of an answer, whatever the upstream put there. `upstream` are those whose exposed headers are kept.
    pub(crate) fn edits(&self, standing: Standing<'_>, upstream: Option<&Head>) -> Rc<[Edit]> {
        match standing {
            Standing::NotAsked | Standing::Refused(_) => Rc::clone(&self.ready.withheld),
            Standing::Granted(origin) => match self.ready.to_all.as_ref().or_else(|| self.ready.written_out(origin)) {
                Some(ready) if upstream.is_none() => Rc::clone(ready),
                Some(_) | None => self.grant(origin, upstream),
            },
        }
    }

    fn grant(&self, origin: &[u8], upstream: Option<&Head>) -> Rc<[Edit]> {
        let mut edits = vec![varying()];
        let mut exposed = self.exposed.clone().into_bytes();
        for value in upstream.into_iter().flat_map(|head| head.values(EXPOSE_HEADERS)) {
            exposed.extend_from_slice(b", ");
            exposed.extend_from_slice(value);
        }
        edits.extend(self.granting(origin).map(|(name, value)| Edit::Set(name.into(), value)));
        if !self.credentials {
            edits.push(Edit::Remove(ALLOW_CREDENTIALS.into()));
        }
        // A page shall be able to say why it was refused. Where that is all, answers that say nothing of it have nothing to expose.
        let only_why = exposed == REASON_HEADER.as_bytes();
        edits.push(if only_why { Edit::SetBesideReason } else { Edit::Set }(EXPOSE_HEADERS.into(), exposed));
        edits.into()
    }
}

/// Which answer it is depends on the origin, whichever it was: a cache must not take one for the other. Where the upstream says so already, it is
/// said twice, which means the same (RFC 9110, section 12.5.5): a look at every answer would cost more than the line.
pub(crate) fn varying() -> Edit {
    Edit::Add("vary".into(), b"Origin".to_vec())
}

/// Whether the page is of the very host that it asks: browsers send `Origin` there too, with methods that change something. The scheme
/// must be the one that the proxy knows, or a page from the unencrypted side would pass for one of ours.
fn is_same_origin(request: &Head, origin: &[u8]) -> bool {
    let (Some(authority), Sole::One(scheme)) = (request.authority(), request.sole(":scheme")) else { return false };
    let own_port: &[u8] = match scheme {
        b"https" => b":443",
        b"http" => b":80",
        _ => return false,
    };
    let Some(host) = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(b"://")) else { return false };
    authority.strip_suffix(own_port).unwrap_or(authority).eq_ignore_ascii_case(host)
}
