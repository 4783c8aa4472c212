//! The response: what the rules of phases 3 and 4 look at.

use super::request::before;
use super::{Cause, Interruption, Outcome, State, Stop, Transaction};
use crate::language::ast::{LimitAction, Switch, Variable};

impl Transaction {
    /// The status and the headers of the response; then the rules of phase 3.
    pub fn response_headers<'h>(
        &mut self,
        status: u16,
        protocol: &[u8],
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Outcome {
        let state = &mut self.state;
        state.number(Variable::ResponseStatus, usize::from(status));
        state.set(Variable::ResponseProtocol, protocol);
        state.set(Variable::StatusLine, &[protocol, status.to_string().as_bytes()].join(&b' '));
        for (name, value) in headers {
            state.response_field(name, value);
            if name.eq_ignore_ascii_case(b"content-type") {
                state.set(Variable::ResponseContentType, before(value, b';').trim_ascii());
            }
        }
        state.phase(&self.rules, 3)
    }

    /// The trailers behind the body: headers for the rules of phase 4.
    pub fn response_trailers<'h>(&mut self, trailers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>) {
        for (name, value) in trailers {
            self.state.response_field(name, value);
        }
    }

    /// Whether the response body is to be handed in: only bodies of the types that `SecResponseBodyMimeType` names are looked at.
    pub fn wants_response_body(&self) -> bool {
        let state = &self.state;
        let content_type = state.variables.list(Variable::ResponseContentType).first();
        let content_type = content_type.map_or(&[] as &[u8], |entry| state.texts.get(entry.value));
        let types = &self.rules.settings().response_types;
        state.engine != Switch::Off
            && state.response_body
            && (types.is_empty() || types.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(content_type)))
    }

    /// The body of the response; then the rules of phase 4. A body that is not wanted is not looked at.
    pub fn response_body(&mut self, body: &[u8]) -> Outcome {
        let settings = self.rules.settings();
        let wanted = self.wants_response_body();
        let state = &mut self.state;
        let mut body = if wanted { body } else { &[] };
        if body.len() > settings.response_body_limit {
            state.number(Variable::OutboundDataError, 1);
            body = body.get(..settings.response_body_limit).unwrap_or(body);
            if settings.response_over_limit == LimitAction::Reject
                && state.engine == Switch::On
                && state.interruption.is_none()
            {
                let cause = Cause::ResponseBodyLimit;
                state.interruption = Some(Interruption { status: 502, cause, action: Stop::Deny });
            }
        }
        if wanted {
            state.set(Variable::ResponseBody, body);
            state.number(Variable::ResponseContentLength, body.len());
        }
        state.phase(&self.rules, 4)
    }
}

impl State {
    fn response_field(&mut self, name: &[u8], value: &[u8]) {
        let (key, text) = (self.text(name), self.text(value));
        self.variables.push(Variable::ResponseHeaders, key, text);
        self.variables.push(Variable::ResponseHeadersNames, key, key);
    }
}
