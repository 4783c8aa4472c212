//! The request body: read as its processor says, then the rules of phase 2.

use super::{Cause, Interruption, Outcome, State, Stop, Transaction};
use crate::body::{json, multipart, xml};
use crate::language::ast::{LimitAction, Switch, Variable};
use crate::ruleset::{Processor, RuleSet, Settings};

/// Parts of a multipart body that are looked at.
const PARTS: usize = 1000;

/// `REQBODY_ERROR_MSG` of a body that is too large without its files.
const TOO_LARGE: &str = "Request body excluding files is bigger than the maximum expected.";

impl Transaction {
    /// The request body, decoded, whole or cut where the host's own limit is; empty if there is none. Then the rules of phase 2.
    ///
    /// Where the body is not wanted ([`Self::wants_request_body`]), it is not looked at, but the rules of the phase still are.
    pub fn request_body(&mut self, body: &[u8]) -> Outcome {
        let settings = self.rules.settings();
        let wanted = self.wants_request_body();
        let state = &mut self.state;
        if state.interruption.is_none() && wanted {
            let mut body = body;
            if body.len() > settings.request_body_limit {
                state.number(Variable::InboundDataError, 1);
                body = body.get(..settings.request_body_limit).unwrap_or(body);
                if settings.request_over_limit == LimitAction::Reject && state.engine == Switch::On {
                    let cause = Cause::RequestBodyLimit;
                    state.interruption = Some(Interruption { status: 413, cause, action: Stop::Deny });
                    return state.phase(&self.rules, 2);
                }
            }
            state.charge(body.len());
            state.read_body(&self.rules, body);
        }
        state.phase(&self.rules, 2)
    }
}

impl State {
    fn read_body(&mut self, rules: &RuleSet, body: &[u8]) {
        self.number(Variable::RequestBodyLength, body.len());
        // ModSecurity v3 fills it always. Not so here for XML, where the rules that look for class names then match namespaces, and
        // for multipart, where the content of files would be looked at; version 2 fills it for neither.
        let raw = match self.processor {
            None => self.force_body,
            Some(Processor::UrlEncoded | Processor::Json) => true,
            Some(Processor::Multipart | Processor::Xml) => self.force_body,
        };
        if raw {
            self.set(Variable::RequestBody, body);
        }
        let settings = rules.settings();
        let parted = self.processor == Some(Processor::Multipart);
        if self.processor.is_some() && !parted && body.len() > settings.no_files_limit {
            return self.body_error(TOO_LARGE, false);
        }
        match self.processor {
            None => {}
            Some(Processor::UrlEncoded) => {
                self.arguments(rules, body, Some((Variable::ArgsPost, Variable::ArgsPostNames)));
            }
            Some(Processor::Multipart) => self.multipart(settings, body),
            Some(Processor::Json) => {
                let arguments = self.room(settings);
                // Names repeat the way to their values: a deep body could make far more of them than it has bytes.
                let names = body.len().saturating_mul(8).saturating_add(64 << 10);
                let limits = json::Limits { depth: settings.json_depth, arguments, bytes: names };
                let read = json::arguments(body, limits);
                for (name, value) in read.pairs {
                    self.argument(name, value, None);
                }
                self.tell_arguments_size();
                if let Some(fault) = read.fault {
                    self.body_error(&format!("JSON parsing error: {fault}"), true);
                }
            }
            Some(Processor::Xml) => self.xml(settings, body),
        }
    }

    fn room(&self, settings: &Settings) -> usize {
        settings.arguments.saturating_sub(self.variables.list(Variable::Args).len())
    }

    /// `REQBODY_ERROR`; and `REQBODY_PROCESSOR_ERROR` where it is the form that is wrong, not the size.
    fn body_error(&mut self, message: &str, form: bool) {
        self.number(Variable::ReqbodyError, 1);
        self.set(Variable::ReqbodyErrorMsg, message.as_bytes());
        if form {
            self.number(Variable::ReqbodyProcessorError, 1);
            self.set(Variable::ReqbodyProcessorErrorMsg, message.as_bytes());
        } else {
            self.number(Variable::InboundDataError, 1);
        }
    }

    fn multipart(&mut self, settings: &Settings, body: &[u8]) {
        let header = self.variables.list(Variable::RequestHeaders).iter();
        let mut named = header.filter(|entry| self.texts.get(entry.key).eq_ignore_ascii_case(b"content-type"));
        let content_type = named.next().map(|entry| self.texts.get(entry.value).to_vec()).unwrap_or_default();
        let read = multipart::read(&content_type, body, multipart::Limits { parts: PARTS, files: settings.files });
        let also = Some((Variable::ArgsPost, Variable::ArgsPostNames));
        for part in &read.parts {
            let key = self.text(&part.name);
            for line in &part.headers {
                let line = self.text(line);
                self.variables.push(Variable::MultipartPartHeaders, key, line);
            }
            if part.is_file() {
                let name = self.text(&part.filename);
                self.variables.push(Variable::Files, key, name);
                self.variables.push(Variable::FilesNames, key, key);
                let size = self.variables.number(part.value.len(), &mut self.texts);
                self.variables.push(Variable::FilesSizes, key, size);
            } else if self.room(settings) > 0 {
                self.argument(part.name.clone(), part.value.to_vec(), also);
            }
        }
        self.tell_arguments_size();
        for (variable, names) in
            [(Variable::MultipartName, &read.names), (Variable::MultipartFilename, &read.filenames)]
        {
            for name in names {
                let name = self.text(name);
                self.variables.push(variable, name, name);
            }
        }
        self.number(Variable::FilesCombinedSize, read.files_combined_size());
        for (variable, flag) in read.flags.strict() {
            self.number(variable, usize::from(flag));
        }
        self.number(Variable::MultipartStrictError, usize::from(read.strict_error()));
        self.number(Variable::MultipartUnmatchedBoundary, usize::from(read.flags.unmatched_boundary));
        if let Some(fault) = read.fault {
            self.body_error(&format!("Multipart parsing error: {fault}"), true);
        } else if read.plain_bytes > settings.no_files_limit {
            self.body_error(TOO_LARGE, false);
        }
    }

    fn xml(&mut self, settings: &Settings, body: &[u8]) {
        let read = xml::read(body, xml::Limits { depth: settings.json_depth, attributes: settings.arguments });
        let (all, attributes) = (self.text(b"/*"), self.text(b"//@*"));
        let text = self.text(&read.text);
        self.variables.push(Variable::Xml, all, text);
        for value in &read.attributes {
            let value = self.text(value);
            self.variables.push(Variable::Xml, attributes, value);
        }
        if let Some(fault) = read.fault {
            self.body_error(&format!("XML parsing error: {fault}"), true);
        }
    }

    /// `FULL_REQUEST`: made only where a rule asks, as it repeats everything.
    pub(super) fn full_request(&mut self) {
        let mut whole = Vec::new();
        for entry in self.variables.list(Variable::RequestHeaders) {
            for part in [self.texts.get(entry.key), b": ", self.texts.get(entry.value), b"\n"] {
                whole.extend_from_slice(part);
            }
        }
        whole.extend_from_slice(b"\n\n");
        if let Some(body) = self.variables.list(Variable::RequestBody).first() {
            whole.extend_from_slice(self.texts.get(body.value));
        }
        self.charge(whole.len());
        self.number(Variable::FullRequestLength, whole.len());
        self.set(Variable::FullRequest, &whole);
    }
}
