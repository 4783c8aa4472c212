//! The contexts that the SDK's dispatcher calls: they pass on what the proxy tells, and decide nothing.

use std::cell::RefCell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use verdict_policy::contract::{CallError, Policy, Reply};
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::{self, ExchangeId, Host, Level, Side};

use crate::abi::{self, Buffer, Map, Stream};
use crate::proxy::Proxy;

/// The most bytes of configuration that are read.
const CONFIGURATION_LIMIT: usize = 16 << 20;

/// Installs the policy. Called once, when the module is loaded.
pub fn start<P: Policy>() {
    proxy_wasm::set_root_context(|root| {
        Box::new(Root::<P> { proxy: Rc::new(Proxy { root }), gate: Rc::new(RefCell::new(None)) })
    });
}

/// A filter's gate; none until a configuration was good.
type Shared<P> = Rc<RefCell<Option<Gate<P>>>>;

struct Root<P: Policy> {
    proxy: Rc<Proxy>,
    gate: Shared<P>,
}

impl<P: Policy> Context for Root<P> {
    fn on_http_call_response(&mut self, token: u32, _headers: usize, body_size: usize, _trailers: usize) {
        let Ok(mut gate) = self.gate.try_borrow_mut() else { return };
        let Some(gate) = gate.as_mut() else { return };
        let head = abi::header_pairs(Map::CallReply).and_then(Head::from_abi).unwrap_or_default();
        let status = head.values(":status").next().and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        let limit = gate.reply_limit(token).unwrap_or(0);
        let body = if body_size > 0 && body_size <= limit { abi::buffer(Buffer::CallReplyBody, limit) } else { None };
        let reply = match status {
            // No headers: the call timed out, was reset, or never reached anybody.
            None => Err(CallError::NoAnswer),
            Some(_) if body_size > limit => Err(CallError::TooLarge),
            Some(status) => Ok(Reply { status, head: &head, body: body.as_deref().unwrap_or_default() }),
        };
        gate.on_call_reply(token, reply, &*self.proxy);
    }
}

impl<P: Policy> RootContext for Root<P> {
    fn on_configure(&mut self, _size: usize) -> bool {
        let configuration = abi::buffer(Buffer::Configuration, CONFIGURATION_LIMIT).unwrap_or_default();
        match Gate::<P>::load(&configuration) {
            Ok(mut gate) => {
                gate.on_start(&*self.proxy);
                let Ok(mut current) = self.gate.try_borrow_mut() else { return false };
                *current = Some(gate);
                true
            }
            Err(problems) => {
                for problem in problems.iter() {
                    let line = format!("{}: configuration refused: {}: {}", P::NAME, problem.place, problem.message);
                    self.proxy.log(Level::Error, &line);
                }
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Ok(mut gate) = self.gate.try_borrow_mut()
            && let Some(gate) = gate.as_mut()
        {
            gate.on_tick(&*self.proxy);
        }
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange {
            id: ExchangeId(context_id),
            proxy: Rc::clone(&self.proxy),
            gate: Rc::clone(&self.gate),
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Exchange<P: Policy> {
    id: ExchangeId,
    proxy: Rc<Proxy>,
    gate: Shared<P>,
}

impl<P: Policy> Exchange<P> {
    /// Tells the gate. Where there is none, nobody can decide, and nothing passes.
    fn tell(&self, event: impl FnOnce(&mut Gate<P>, &Proxy) -> host::Action) -> Action {
        if let Ok(mut gate) = self.gate.try_borrow_mut()
            && let Some(gate) = gate.as_mut()
        {
            return match event(gate, &self.proxy) {
                host::Action::Continue => Action::Continue,
                host::Action::Pause => Action::Pause,
            };
        }
        if !abi::send_response(503, "verdict:not_configured", &[], b"", -1) {
            abi::close_stream(Stream::Request);
        }
        Action::Pause
    }
}

impl<P: Policy> Context for Exchange<P> {
    fn on_done(&mut self) -> bool {
        if let Ok(mut gate) = self.gate.try_borrow_mut()
            && let Some(gate) = gate.as_mut()
        {
            gate.on_done(self.id);
        }
        true
    }
}

impl<P: Policy> HttpContext for Exchange<P> {
    fn on_http_request_headers(&mut self, _count: usize, end: bool) -> Action {
        self.tell(|gate, proxy| gate.on_request(self.id, end, proxy))
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        self.tell(|gate, proxy| gate.on_body(self.id, Side::Request, size, end, proxy))
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        self.tell(|gate, proxy| gate.on_trailers(self.id, Side::Request, proxy))
    }

    fn on_http_response_headers(&mut self, _count: usize, end: bool) -> Action {
        self.tell(|gate, proxy| gate.on_response(self.id, end, proxy))
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        self.tell(|gate, proxy| gate.on_body(self.id, Side::Response, size, end, proxy))
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        self.tell(|gate, proxy| gate.on_trailers(self.id, Side::Response, proxy))
    }
}
