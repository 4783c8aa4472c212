//! Lists that grow without moving what they hold: no push copies more than one chunk.

use std::collections::TryReserveError;
use std::vec::IntoIter;

/// Items in a chunk.
pub(super) const CHUNK: usize = 4_096;

/// A list of at most 2^32 items. All chunks but the last are full.
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
    len: u32,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    /// Adds an item.
    pub(super) fn push(&mut self, item: T) -> Result<(), TryReserveError> {
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.chunks.try_reserve(1)?;
            self.chunks.push(Vec::new());
        }
        let only = self.chunks.len() == 1;
        if let Some(chunk) = self.chunks.last_mut() {
            if chunk.len() == chunk.capacity() {
                // The first chunk grows as it is filled, for most lists are short.
                if only { chunk.try_reserve(1)? } else { chunk.try_reserve_exact(CHUNK)? }
            }
            chunk.push(item);
            // There is memory for so many of nothing that is kept here.
            self.len = self.len.saturating_add(1);
        }
        Ok(())
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = usize::try_from(number).ok()?;
        self.chunks.get(number / CHUNK)?.get(number % CHUNK)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let number = usize::try_from(number).ok()?;
        self.chunks.get_mut(number / CHUNK)?.get_mut(number % CHUNK)
    }

    /// The number of the first item that it holds for, where it holds for all that follow too; their count if there is none.
    pub(super) fn first_where(&self, holds: impl Fn(&T) -> bool) -> u32 {
        let (mut begin, mut end) = (0, self.len);
        while begin < end {
            let middle = begin + (end - begin) / 2;
            if self.get(middle).is_some_and(&holds) { end = middle } else { begin = middle + 1 }
        }
        begin
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let items: usize = self.chunks.iter().map(Vec::capacity).sum();
        items * size_of::<T>() + self.chunks.capacity() * size_of::<Vec<T>>()
    }

    /// Takes the items out, and frees each chunk behind the last of its items.
    pub(super) fn drain(self) -> Drain<T> {
        Drain { rest: self.chunks.into_iter(), current: Vec::new().into_iter() }
    }
}

/// Items on their way out.
pub(super) struct Drain<T> {
    rest: IntoIter<Vec<T>>,
    current: IntoIter<T>,
}

impl<T> Default for Drain<T> {
    fn default() -> Self {
        Chunks::default().drain()
    }
}

impl<T> Iterator for Drain<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(item) = self.current.next() {
                return Some(item);
            }
            self.current = self.rest.next()?.into_iter();
        }
    }
}
