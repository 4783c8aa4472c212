//! The compiled expressions of this thread, within one bound of memory: what was not used for longest is dropped, and compiled anew when
//! it is needed.
//!
//! One bound for all and none for each: a few expressions do most of the work, and a small bound for each makes those forget what
//! they need for the next byte.

use super::compile::{Compiled, Source};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The memory that all together take, bytes, unless told otherwise.
const LIMIT: usize = 12 << 20;

thread_local! {
    static POOL: Rc<Pool> = Rc::new(Pool::new(LIMIT));
}

/// See the module.
pub struct Pool {
    slots: RefCell<Vec<Slot>>,
    limit: Cell<usize>,
    memory: Cell<usize>,
    uses: Cell<u64>,
}

struct Slot {
    source: Source,
    users: usize,
    used: u64,
    memory: usize,
    compiled: Option<Box<Compiled>>,
}

impl Pool {
    fn new(limit: usize) -> Self {
        Self { slots: RefCell::default(), limit: Cell::new(limit), memory: Cell::new(0), uses: Cell::new(0) }
    }

    /// That of this thread.
    pub fn of_thread() -> Rc<Self> {
        POOL.with(Rc::clone)
    }

    /// Bytes that the compiled expressions take now.
    pub fn memory(&self) -> usize {
        self.memory.get()
    }

    /// Sets the bound, bytes. One expression that is in use may exceed it alone.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.set(bytes);
        self.make_room(usize::MAX);
    }

    /// The number of expressions that are compiled now.
    pub fn compiled(&self) -> usize {
        self.slots.borrow().iter().filter(|slot| slot.compiled.is_some()).count()
    }

    /// Two rules with the same expression share what it compiles to.
    pub(super) fn enter(self: &Rc<Self>, source: Source) -> Entry {
        let mut slots = self.slots.borrow_mut();
        let known = slots.iter().position(|slot| slot.users > 0 && slot.source == source);
        let free = known.or_else(|| slots.iter().position(|slot| slot.users == 0));
        let index = free.unwrap_or(slots.len());
        let new = Slot { source, users: 0, used: 0, memory: 0, compiled: None };
        match slots.get_mut(index) {
            None => slots.push(new),
            Some(slot) if known.is_none() => *slot = new,
            Some(_) => {}
        }
        if let Some(slot) = slots.get_mut(index) {
            slot.users += 1;
        }
        Entry { pool: Rc::clone(self), index }
    }

    /// Drops what was not used for longest, down to three quarters of the bound, once it is exceeded; never `but`.
    fn make_room(&self, but: usize) {
        if self.memory.get() <= self.limit.get() {
            return;
        }
        let mut slots = self.slots.borrow_mut();
        while self.memory.get() > self.limit.get() / 4 * 3 {
            let full = slots.iter_mut().enumerate().filter(|(index, slot)| *index != but && slot.compiled.is_some());
            let Some((_, slot)) = full.min_by_key(|(_, slot)| slot.used) else { return };
            slot.compiled = None;
            self.memory.set(self.memory.get() - std::mem::take(&mut slot.memory));
        }
    }
}

/// An expression in the pool.
pub(super) struct Entry {
    pool: Rc<Pool>,
    index: usize,
}

impl Entry {
    /// Does something with the compiled expression, and compiles it first if it is not. `None` where that fails, which reading the
    /// expression has ruled out.
    pub(super) fn with<T>(&self, act: impl FnOnce(&Source, &mut Compiled) -> T) -> Option<T> {
        let pool = &self.pool;
        let (source, compiled) = {
            let mut slots = pool.slots.borrow_mut();
            let slot = slots.get_mut(self.index)?;
            slot.used = pool.uses.get();
            pool.uses.set(slot.used + 1);
            (slot.source.clone(), slot.compiled.take())
        };
        let mut compiled = match compiled {
            Some(compiled) => compiled,
            None => Box::new(Compiled::new(&source)?),
        };
        let result = act(&source, &mut compiled);
        let memory = compiled.memory();
        if let Some(slot) = pool.slots.borrow_mut().get_mut(self.index) {
            pool.memory.set(pool.memory.get() + memory - slot.memory);
            slot.memory = memory;
            slot.compiled = Some(compiled);
        }
        pool.make_room(self.index);
        Some(result)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut slots = self.pool.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(self.index) {
            slot.users -= 1;
            if slot.users == 0 {
                slot.compiled = None;
                self.pool.memory.set(self.pool.memory.get() - std::mem::take(&mut slot.memory));
                slot.source.text = Rc::from([]);
            }
        }
    }
}
