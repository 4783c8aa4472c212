//! The request line and the headers: what the rules of phase 1 look at.

use super::{Connection, Outcome, State, Transaction};
use crate::body::{cookies, urlencoded};
use crate::language::ast::Variable;
use crate::ruleset::{Processor, RuleSet};

/// So many cookies of one header are looked at.
const MOST_COOKIES: usize = 1000;

impl Transaction {
    /// Whom the request comes from, and to whom.
    pub fn connection(&mut self, connection: &Connection<'_>) {
        let Connection { remote_address, remote_port, server_address, server_port } = connection;
        let state = &mut self.state;
        state.set(Variable::RemoteAddr, remote_address);
        state.set(Variable::RemoteHost, remote_address);
        state.number(Variable::RemotePort, usize::from(*remote_port));
        state.set(Variable::ServerAddr, server_address);
        state.number(Variable::ServerPort, usize::from(*server_port));
    }

    /// The request line: the method, the target as it came, and the protocol as in `HTTP/1.1`.
    pub fn request_line(&mut self, method: &[u8], target: &[u8], protocol: &[u8]) {
        let state = &mut self.state;
        state.set(Variable::RequestMethod, method);
        state.set(Variable::RequestProtocol, protocol);
        state.set(Variable::RequestLine, &[method, target, protocol].join(&b' '));
        state.set(Variable::RequestUriRaw, target);
        // The fragment, which no client should send, stays in the raw forms only.
        let whole = before(target, b'#');
        let path = before(whole, b'?');
        let decoded = decoded(whole);
        state.set(Variable::RequestUri, without_host(&decoded));
        let path = self::decoded(path);
        state.set(Variable::RequestFilename, &path);
        state.set(Variable::PathInfo, &path);
        let base = path.iter().rposition(|byte| matches!(byte, b'/' | b'\\'));
        let base = base.and_then(|slash| path.get(slash + 1..)).unwrap_or_default();
        state.set(Variable::RequestBasename, base);
        let query = whole.iter().position(|byte| *byte == b'?').and_then(|mark| whole.get(mark + 1..));
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            state.set(Variable::QueryString, query);
            state.arguments(&self.rules, query, Some((Variable::ArgsGet, Variable::ArgsGetNames)));
        }
    }

    /// The headers, in order; then the rules of phase 1.
    pub fn request_headers<'h>(&mut self, headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>) -> Outcome {
        for (name, value) in headers {
            // Blanks around a value are none of it (RFC 9110, section 5.5), though HTTP/2 can carry them.
            self.state.request_header(name, value.trim_ascii());
        }
        self.state.phase(&self.rules, 1)
    }

    /// The trailers behind the body: headers for the rules of phase 2, though none that says how the body is to be read.
    pub fn request_trailers<'h>(&mut self, trailers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>) {
        for (name, value) in trailers {
            self.state.request_field(name, value.trim_ascii());
        }
    }
}

impl State {
    /// What headers and trailers have in common.
    fn request_field(&mut self, name: &[u8], value: &[u8]) {
        let (key, text) = (self.text(name), self.text(value));
        self.variables.push(Variable::RequestHeaders, key, text);
        self.variables.push(Variable::RequestHeadersNames, key, key);
        if name.eq_ignore_ascii_case(b"cookie") {
            for (name, value) in cookies::read(value, MOST_COOKIES) {
                let (key, text) = (self.texts.add_own(name), self.texts.add_own(value));
                self.variables.push(Variable::RequestCookies, key, text);
                self.variables.push(Variable::RequestCookiesNames, key, key);
            }
        }
    }

    fn request_header(&mut self, name: &[u8], value: &[u8]) {
        self.request_field(name, value);
        if name.eq_ignore_ascii_case(b"content-type") {
            let starts =
                |prefix: &[u8]| value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
            if starts(b"multipart/form-data") {
                self.process_as(Processor::Multipart);
            } else if starts(b"application/x-www-form-urlencoded") {
                self.process_as(Processor::UrlEncoded);
            }
        } else if name.eq_ignore_ascii_case(b"host") {
            self.set(Variable::ServerName, before(value, b':'));
        } else if name.eq_ignore_ascii_case(b"authorization") {
            self.set(Variable::AuthType, before(value, b' '));
        }
    }

    /// The request body is read in that way.
    pub(super) fn process_as(&mut self, processor: Processor) {
        self.processor = Some(processor);
        self.set(Variable::ReqbodyProcessor, processor.name().as_bytes());
    }

    /// Reads arguments, which go to `ARGS` and, if given, to that collection and that of its names.
    pub(super) fn arguments(&mut self, rules: &RuleSet, text: &[u8], also: Option<(Variable, Variable)>) {
        let settings = rules.settings();
        let room = settings.arguments.saturating_sub(self.variables.list(Variable::Args).len());
        let read = urlencoded::arguments(text, settings.separator, room);
        if read.invalid {
            self.number(Variable::UrlencodedError, 1);
        }
        for (name, value) in read.pairs {
            self.argument(name, value, also);
        }
        self.tell_arguments_size();
    }

    /// `ARGS_COMBINED_SIZE`, once all arguments of a text are there.
    pub(super) fn tell_arguments_size(&mut self) {
        self.number(Variable::ArgsCombinedSize, self.arguments_size);
    }

    /// Adds an argument; the caller bounds how many there are, and then tells their size.
    pub(super) fn argument(&mut self, name: Vec<u8>, value: Vec<u8>, also: Option<(Variable, Variable)>) {
        self.arguments_size += name.len() + value.len();
        let (key, value) = (self.texts.add_own(name), self.texts.add_own(value));
        self.variables.push(Variable::Args, key, value);
        self.variables.push(Variable::ArgsNames, key, key);
        if let Some((values, names)) = also {
            self.variables.push(values, key, value);
            self.variables.push(names, key, key);
        }
    }
}

/// What stands before the first such byte.
pub(super) fn before(text: &[u8], end: u8) -> &[u8] {
    text.split(|byte| *byte == end).next().unwrap_or_default()
}

/// A target without `scheme://host`, if it has that.
fn without_host(target: &[u8]) -> &[u8] {
    if target.starts_with(b"/") {
        return target;
    }
    let scheme = target.windows(3).position(|window| window == b"://");
    let path = scheme.and_then(|colon| {
        let host = target.get(colon + 3..)?;
        let slash = host.iter().position(|byte| *byte == b'/')?;
        host.get(slash..)
    });
    path.unwrap_or(target)
}

/// Percent-encoding undone; what is not a pair of hexadecimal digits stays.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let pair = match after {
            [high, low, ..] if *byte == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None => out.push(*byte),
        }
    }
    out
}
