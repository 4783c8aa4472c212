//! The compiled expressions of this thread, within one bound of memory: what was not used for longest is dropped, and compiled anew when
//! it is needed. What only finds groups counts by itself: it is as large as the rest, and needed for matches only.
//!
//! A few expressions do most of the work: the bound for all leaves them what they need, up to a bound for each that keeps memory from growing
//! with every new value (see `compile::CACHE`).

use super::compile::{CACHE, Compiled, REVERSE_CACHE, Source};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The memory that all together take, bytes, unless told otherwise.
const LIMIT: usize = 16 << 20;

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
    /// When groups were last asked for.
    captured: u64,
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

    /// Takes what the expressions may come to take beside what they take already, and gives it back: the memory of a module grows when it is
    /// loaded then, where somebody looks, and not under traffic. What nobody uses of it, no process has to have.
    pub fn reserve(&self) {
        let most = self.slots.borrow().len().saturating_mul(CACHE + REVERSE_CACHE).min(self.limit.get());
        let more = most.saturating_sub(self.memory.get());
        let mut room: Vec<u8> = Vec::new();
        // Without it, memory grows later, or a request is refused for want of it.
        let _ = room.try_reserve_exact(std::hint::black_box(more));
        std::hint::black_box(&mut room);
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
        let new = Slot { source, users: 0, used: 0, captured: 0, memory: 0, compiled: None };
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
            let others = slots.iter_mut().enumerate().filter(|(index, _)| *index != but);
            let Some((slot, _)) =
                others.filter_map(|(_, slot)| slot.oldest().map(|used| (slot, used))).min_by_key(|(_, used)| *used)
            else {
                return;
            };
            let before = slot.memory;
            slot.shrink();
            self.memory.set(self.memory.get() + slot.memory - before);
        }
    }
}

impl Slot {
    /// When that part of it was last used which would be dropped next; nothing if there is none.
    fn oldest(&self) -> Option<u64> {
        let compiled = self.compiled.as_ref()?;
        Some(if compiled.has_captures() { self.captured } else { self.used })
    }

    fn shrink(&mut self) {
        match &mut self.compiled {
            Some(compiled) if compiled.has_captures() => {
                compiled.drop_captures();
                self.memory = compiled.memory();
            }
            compiled => {
                *compiled = None;
                self.memory = 0;
            }
        }
    }
}

/// An expression in the pool.
pub(super) struct Entry {
    pool: Rc<Pool>,
    index: usize,
}

impl Entry {
    /// Does something with the compiled expression, and compiles it first if it is not; it also says whether it used what finds groups.
    /// `None` where compiling fails, which reading the expression has ruled out.
    pub(super) fn with<T>(&self, act: impl FnOnce(&Source, &mut Compiled) -> (T, bool)) -> Option<T> {
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
        let (result, captured) = act(&source, &mut compiled);
        let memory = compiled.memory();
        if let Some(slot) = pool.slots.borrow_mut().get_mut(self.index) {
            if captured {
                slot.captured = slot.used;
            }
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
