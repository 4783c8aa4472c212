//! Bytes behind one another: in blocks, so that growth moves no more than the first of them.

use std::collections::TryReserveError;

use super::MAX_NAME_BYTES;

/// Bytes in a block; with the number of the block, a place has 32 bits.
const BLOCK: usize = 1 << 18;

/// The longest that is added in one go, in bytes.
pub(super) const LONGEST: usize = (1 << 16) - 1;

/// Bytes in a line of a cache: what was added begins with one, or most would lie in one more than they need.
const LINE: usize = 64;

/// The bytes, by the place where they begin. What was added in one go lies in one block.
#[derive(Default)]
pub(super) struct Arena {
    blocks: Vec<Vec<u8>>,
}

impl Arena {
    /// Adds bytes. `None` if they are more than [`LONGEST`], or no place is left.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Option<u32>, TryReserveError> {
        if bytes.len() > LONGEST {
            return Ok(None);
        }
        if self.blocks.last().is_none_or(|block| block.len() + LINE + bytes.len() > BLOCK) {
            self.blocks.try_reserve(1)?;
            self.blocks.push(Vec::new());
        }
        let index = self.blocks.len() - 1;
        let Some(block) = self.blocks.last_mut() else { return Ok(None) };
        // The first block grows as it is filled, for most lists are short.
        if index == 0 {
            block.try_reserve(bytes.len() + LINE)?
        } else {
            block.try_reserve_exact(BLOCK - block.len())?
        }
        let begin = next_line(block);
        let place = u32::try_from(index * BLOCK + begin);
        block.resize(begin, 0);
        block.extend_from_slice(bytes);
        Ok(place.ok())
    }

    /// What begins at a place, and all that lies behind it in its block.
    pub(super) fn from(&self, place: u32) -> Option<&[u8]> {
        let place = usize::try_from(place).ok()?;
        self.blocks.get(place / BLOCK)?.get(place % BLOCK..)
    }

    /// The text that begins at a place.
    pub(super) fn text(&self, place: u32) -> Option<&[u8]> {
        split_text(self.from(place)?).map(|(text, _)| text)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.blocks.iter().map(Vec::capacity).sum::<usize>() + self.blocks.capacity() * size_of::<Vec<u8>>()
    }
}

/// Where the next line behind all that is there begins.
fn next_line(block: &[u8]) -> usize {
    let first = block.as_ptr().align_offset(LINE);
    first + block.len().saturating_sub(first).next_multiple_of(LINE)
}

/// Writes a text of 1 to [`MAX_NAME_BYTES`] bytes, behind one that tells its length less one. `None` if it is none.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) -> Option<()> {
    out.push(u8::try_from(text.len().checked_sub(1)?).ok()?);
    out.extend_from_slice(text.as_bytes());
    Some(())
}

/// The text that bytes begin with, and what is behind it.
pub(super) fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length) + 1)
}

const _: () = assert!(MAX_NAME_BYTES - 1 == u8::MAX as usize);
