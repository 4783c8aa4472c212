//! Values by chance for tests, the same in each run.

/// So many values of these bytes, none longer than that.
pub(crate) fn values(bytes: &'static [u8], count: usize, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut next = numbers();
    (0..count).map(move |_| {
        let length = next(longest + 1);
        (0..length).map(|_| bytes[next(bytes.len())]).collect()
    })
}

/// Numbers below a bound.
pub(crate) fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 1_u64;
    move |bound| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % bound
    }
}
