//! Short texts behind one another: in blocks, so that they never move.

use std::collections::TryReserveError;

use super::MAX_NAME_BYTES;

/// Bytes in a block; with the number of the block, a place has 32 bits.
const BLOCK: usize = 1 << 16;

/// Where a text is.
#[derive(Clone, Copy)]
pub(super) struct Text(u32);

/// Texts of 1 to [`MAX_NAME_BYTES`] bytes. Each is behind one byte that tells its length less one, and none is cut in two by the end of
/// a block.
#[derive(Default)]
pub(super) struct Texts {
    blocks: Vec<Vec<u8>>,
}

const _: () = assert!(MAX_NAME_BYTES - 1 == u8::MAX as usize);

impl Texts {
    /// Adds a text. `None` if it is empty or too long, or no place is left.
    pub(super) fn push(&mut self, text: &str) -> Result<Option<Text>, TryReserveError> {
        let Some(length) = text.len().checked_sub(1).and_then(|length| u8::try_from(length).ok()) else {
            return Ok(None);
        };
        if self.blocks.last().is_none_or(|block| block.len() + 1 + text.len() > BLOCK) {
            self.blocks.try_reserve(1)?;
            self.blocks.push(Vec::new());
        }
        let index = self.blocks.len() - 1;
        let Some(block) = self.blocks.last_mut() else { return Ok(None) };
        let place = u32::try_from(index * BLOCK + block.len());
        // The first block grows as it is filled, for most lists are short.
        if index == 0 {
            block.try_reserve(1 + text.len())?
        } else {
            block.try_reserve_exact(BLOCK - block.len())?
        }
        block.push(length);
        block.extend_from_slice(text.as_bytes());
        Ok(place.ok().map(Text))
    }

    pub(super) fn bytes(&self, text: Text) -> Option<&[u8]> {
        let place = usize::try_from(text.0).ok()?;
        let (length, rest) = self.blocks.get(place / BLOCK)?.get(place % BLOCK..)?.split_first()?;
        rest.get(..=usize::from(*length))
    }

    pub(super) fn get(&self, text: Text) -> Option<&str> {
        str::from_utf8(self.bytes(text)?).ok()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.blocks.iter().map(Vec::capacity).sum::<usize>() + self.blocks.capacity() * size_of::<Vec<u8>>()
    }
}
