//! The contexts of a module: which filter an event is for, and passing it on. Nothing is decided here, and nothing here can panic,
//! whatever the host tells.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use verdict_policy::contract::{CallError, Policy, Reply};
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::{Action, ExchangeId, Host, Level, Side};
use verdict_policy::remembered::{LOOKED_AT, Remembered};

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
    listed: RefCell<Remembered<u32>>,
}

/// One configuration of the plugin.
struct Filter<P: Policy> {
    context: u32,
    proxy: Proxy,
    /// None until a configuration was good.
    gate: RefCell<Option<Gate<P>>>,
}

impl<P: Policy> Filter<P> {
    /// The gate at work. None where there is none, and where the host calls from within one of the filter's own calls.
    fn with_gate<T>(&self, work: impl FnOnce(&mut Gate<P>, &Proxy) -> T) -> Option<T> {
        let mut gate = self.gate.try_borrow_mut().ok()?;
        Some(work(gate.as_mut()?, &self.proxy))
    }
}

impl<P: Policy> Module<P> {
    /// Knows of no filter yet.
    #[expect(clippy::new_without_default, reason = "a static needs a constant")]
    pub const fn new() -> Self {
        Self { filters: RefCell::new(Vec::new()), usual: Cell::new(None), listed: RefCell::new(Remembered::new()) }
    }

    fn filter(&self, context: u32) -> Option<Rc<Filter<P>>> {
        self.filters.borrow().iter().find(|filter| filter.context == context).map(Rc::clone)
    }

    /// The filter that an exchange belongs to.
    fn filter_of(&self, exchange: u32) -> Option<Rc<Filter<P>>> {
        let listed = self.listed.borrow().get(ExchangeId(exchange)).copied();
        self.filter(listed.or(self.usual.get())?)
    }

    /// A filter (`parent` is 0) or an exchange begins.
    pub fn on_context_create(&self, context: u32, parent: u32) {
        if parent == 0 {
            let filter = Filter { context, proxy: Proxy { root: context }, gate: RefCell::new(None) };
            self.filters.borrow_mut().push(Rc::new(filter));
            if self.usual.get().is_none() {
                self.usual.set(Some(context));
            }
            return;
        }
        let mut listed = self.listed.borrow_mut();
        if self.usual.get() != Some(parent) {
            listed.insert(ExchangeId(context), parent);
            // A host that does not even know this one cannot tell which are gone.
            if listed.are_many() && abi::set_effective_context(context) {
                listed.look_after(LOOKED_AT, &|id, _| !abi::set_effective_context(id.0));
                abi::set_effective_context(context);
            }
        } else if !listed.is_empty() {
            // Numbers come again, if not soon.
            listed.remove(ExchangeId(context));
        }
    }

    /// Forgets the filter behind this one if it is gone. No more than one at a time: each filter looks at one, and so all are looked at.
    fn forget_next(&self, context: u32) {
        let mut filters = self.filters.borrow_mut();
        let behind = filters.iter().skip_while(|filter| filter.context != context).nth(1).or(filters.first());
        let Some(next) = behind.filter(|next| next.context != context).map(Rc::clone) else { return };
        let is_gone = !abi::set_effective_context(next.context);
        // A host that does not even know whom it is telling about cannot tell who is gone.
        if !abi::set_effective_context(context) || !is_gone {
            return;
        }
        filters.retain(|filter| filter.context != next.context);
        if self.usual.get() == Some(next.context) {
            // Its exchanges are gone too, and those of the others are listed: any of them may be the usual one from now on.
            self.usual.set(filters.first().map(|filter| filter.context));
        }
        next.with_gate(|gate, proxy| {
            gate.on_end(proxy);
            proxy.log(Level::Info, &format!("{}: configuration {} is no longer in use", P::NAME, gate.config_hash()));
        });
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
                let Ok(mut current) = filter.gate.try_borrow_mut() else { return false };
                if let Some(mut before) = current.replace(gate) {
                    before.on_end(&filter.proxy);
                }
                true
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
        self.forget_next(context);
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
