//! The contexts of a module: which filter an event is for, and passing it on. Nothing is decided here, and nothing here can panic,
//! whatever the host tells.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use verdict_policy::contract::{CallError, Policy, Reply};
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::{Action, ExchangeId, Host, Level, Side};
use verdict_policy::sorted::Sorted;

use crate::abi::{self, Buffer, Map, Stream};
use crate::proxy::Proxy;

/// The most bytes of configuration that are read.
const CONFIGURATION_LIMIT: usize = 16 << 20;

/// All that the module knows. One module may serve several filters: one for each configuration of the same plugin.
pub struct Module<P: Policy> {
    filters: RefCell<Vec<Rc<Filter<P>>>>,
    /// The filter whose exchanges are not listed, since nearly always there is no other.
    usual: Cell<Option<u32>>,
    /// The filters of all other exchanges.
    listed: RefCell<Sorted<u32, u32>>,
}

/// One configuration of the plugin.
struct Filter<P: Policy> {
    context: u32,
    proxy: Proxy,
    /// None until a configuration was good.
    gate: RefCell<Option<Gate<P>>>,
    /// Exchanges that a host ended from within one of the filter's own calls: the gate hears of them later.
    ended: Cell<Vec<ExchangeId>>,
}

impl<P: Policy> Filter<P> {
    /// The gate at work. None where there is none, and where the host calls from within one of the filter's own calls.
    fn with_gate<T>(&self, work: impl FnOnce(&mut Gate<P>, &Proxy) -> T) -> Option<T> {
        let mut gate = self.gate.try_borrow_mut().ok()?;
        let gate = gate.as_mut()?;
        for id in self.ended.take() {
            gate.on_done(id);
        }
        Some(work(gate, &self.proxy))
    }
}

impl<P: Policy> Module<P> {
    /// Knows of no filter yet.
    #[expect(clippy::new_without_default, reason = "a static needs a constant")]
    pub const fn new() -> Self {
        Self { filters: RefCell::new(Vec::new()), usual: Cell::new(None), listed: RefCell::new(Sorted::new()) }
    }

    fn filter(&self, context: u32) -> Option<Rc<Filter<P>>> {
        self.filters.borrow().iter().find(|filter| filter.context == context).map(Rc::clone)
    }

    /// The filter that an exchange belongs to.
    fn filter_of(&self, exchange: u32) -> Option<Rc<Filter<P>>> {
        let listed = self.listed.borrow().get(&exchange).copied();
        self.filter(listed.or(self.usual.get())?)
    }

    /// A filter (`parent` is 0) or an exchange begins.
    pub fn on_context_create(&self, context: u32, parent: u32) {
        if parent == 0 {
            let (gate, ended) = (RefCell::new(None), Cell::default());
            let filter = Filter { context, proxy: Proxy { root: context }, gate, ended };
            self.filters.borrow_mut().push(Rc::new(filter));
            if self.usual.get().is_none() {
                self.usual.set(Some(context));
            }
        } else if self.usual.get() != Some(parent) {
            self.listed.borrow_mut().insert(context, parent);
        }
    }

    /// Reads a configuration. A bad one changes nothing.
    pub fn on_configure(&self, context: u32) -> bool {
        let Some(filter) = self.filter(context) else { return false };
        let started = abi::monotonic_clock();
        let configuration = abi::buffer(Buffer::Configuration, CONFIGURATION_LIMIT).unwrap_or_default();
        match Gate::<P>::load(&configuration, &filter.proxy) {
            Ok(mut gate) => {
                gate.on_start(&filter.proxy);
                let took = abi::monotonic_clock().saturating_sub(started) / 1_000_000;
                let line = format!("{}: configuration {} loaded in {took} ms", P::NAME, gate.config_hash());
                filter.proxy.log(Level::Info, &line);
                filter.gate.try_borrow_mut().map(|mut current| *current = Some(gate)).is_ok()
            }
            Err(problems) => {
                for problem in problems.iter() {
                    let line = format!("{}: configuration refused: {}: {}", P::NAME, problem.place, problem.message);
                    filter.proxy.log(Level::Error, &line);
                }
                false
            }
        }
    }

    /// The tick of a filter.
    pub fn on_tick(&self, context: u32) {
        if let Some(filter) = self.filter(context) {
            filter.with_gate(|gate, proxy| gate.on_tick(proxy));
        }
    }

    /// The reply to a call of a filter.
    pub fn on_call_reply(&self, context: u32, token: u32, body_size: usize) {
        if let Some(filter) = self.filter(context) {
            filter.with_gate(|gate, proxy| gate.on_call_reply(token, |limit| read_reply(body_size, limit), proxy));
        }
    }

    /// The head of a message.
    pub fn on_head(&self, exchange: u32, side: Side, end: bool) -> u32 {
        self.tell(exchange, |gate, id, proxy| match side {
            Side::Request => gate.on_request(id, end, proxy),
            Side::Response => gate.on_response(id, end, proxy),
        })
    }

    /// A part of a body.
    pub fn on_body(&self, exchange: u32, side: Side, size: usize, end: bool) -> u32 {
        self.tell(exchange, |gate, id, proxy| gate.on_body(id, side, size, end, proxy))
    }

    /// The trailers of a message.
    pub fn on_trailers(&self, exchange: u32, side: Side) -> u32 {
        self.tell(exchange, |gate, id, proxy| gate.on_trailers(id, side, proxy))
    }

    /// Tells the gate. Where there is none, nobody can decide, and nothing passes.
    fn tell(&self, exchange: u32, event: impl FnOnce(&mut Gate<P>, ExchangeId, &Proxy) -> Action) -> u32 {
        let filter = self.filter_of(exchange);
        match filter.and_then(|filter| filter.with_gate(|gate, proxy| event(gate, ExchangeId(exchange), proxy))) {
            Some(Action::Continue) => return 0,
            Some(Action::Pause) => return 1,
            None => {}
        }
        if !abi::send_response(503, "verdict:not_configured", &[], b"", -1) {
            abi::close_stream(Stream::Request);
        }
        1
    }

    /// An exchange is over, or its client has gone; or a filter is gone.
    pub fn on_delete(&self, context: u32) {
        if let Some(filter) = self.filter_of(context) {
            match filter.gate.try_borrow_mut() {
                Ok(mut gate) => gate.iter_mut().for_each(|gate| gate.on_done(ExchangeId(context))),
                Err(_) => {
                    let mut ended = filter.ended.take();
                    ended.push(ExchangeId(context));
                    filter.ended.set(ended);
                }
            }
        }
        self.listed.borrow_mut().remove(&context);
        self.filters.borrow_mut().retain(|filter| filter.context != context);
        if self.usual.get() == Some(context) {
            // Its exchanges are gone too. Those of the others are listed, and the next filter is the usual one.
            self.usual.set(None);
        }
    }
}

/// The reply to a call, as far as the host has it.
fn read_reply(body_size: usize, limit: usize) -> Result<Reply, CallError> {
    let head = abi::header_pairs(Map::CallReply).and_then(Head::from_abi).unwrap_or_default();
    let status = head.values(":status").next().and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    match status {
        // No headers: the call timed out, was reset, or never reached anybody.
        None => Err(CallError::NoAnswer),
        Some(_) if body_size > limit => Err(CallError::TooLarge),
        Some(status) => {
            let body = if body_size > 0 { abi::buffer(Buffer::CallReplyBody, limit) } else { None };
            Ok(Reply { status, head, body: body.unwrap_or_default() })
        }
    }
}
