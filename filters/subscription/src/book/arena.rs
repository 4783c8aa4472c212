//! Bytes behind one another: in blocks, so that growth moves no more than the first of them.

use std::collections::TryReserveError;

use super::MAX_NAME_BYTES;

/// Bytes in a block; with the number of the block, a place has 32 bits.
const BLOCK: usize = 1 << 16;

/// The bytes, by the place where they begin. What was added in one go lies in one block.
#[derive(Default)]
pub(super) struct Arena {
    blocks: Vec<Vec<u8>>,
}

impl Arena {
    /// Adds bytes. `None` if they are more than a block has, or no place is left.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Option<u32>, TryReserveError> {
        if bytes.len() > BLOCK {
            return Ok(None);
        }
        if self.blocks.last().is_none_or(|block| block.len() + bytes.len() > BLOCK) {
            self.blocks.try_reserve(1)?;
            self.blocks.push(Vec::new());
        }
        let index = self.blocks.len() - 1;
        let Some(block) = self.blocks.last_mut() else { return Ok(None) };
        let place = u32::try_from(index * BLOCK + block.len());
        // The first block grows as it is filled, for most lists are short.
        if index == 0 {
            block.try_reserve(bytes.len())?
        } else {
            block.try_reserve_exact(BLOCK - block.len())?
        }
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

/// Writes a text of 1 to [`MAX_NAME_BYTES`] bytes, behind one that tells its length less one. Whether it is one.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) -> bool {
    let Some(length) = text.len().checked_sub(1).and_then(|length| u8::try_from(length).ok()) else { return false };
    out.push(length);
    out.extend_from_slice(text.as_bytes());
    true
}

/// The text that bytes begin with, and what is behind it.
pub(super) fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length) + 1)
}

const _: () = assert!(MAX_NAME_BYTES - 1 == u8::MAX as usize);
