//! Time as it is handed in: a wall clock for dates that people write, a monotonic one for ages and waits.

use std::time::Duration;

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For dates: `exp`, `until`. Never earlier than one that was handed in before, so that nothing that ended comes back
    /// when the clock steps back.
    pub wall: Wall,
    /// For time-outs, refresh intervals and ages.
    pub mono: Mono,
}

/// Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wall(pub u64);

/// Nanoseconds since some moment before the module was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mono(pub u64);

impl Wall {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }
}

impl Mono {
    /// The moment that much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; nothing if it is yet to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Turns the host's clocks into moments that never run backwards.
#[derive(Debug, Default)]
pub struct Clock {
    latest: Now,
}

impl Clock {
    /// The moment that those readings stand for. A reading that is earlier than the last one counts as the last one: an
    /// admission that ended stays ended however the clock is set.
    pub fn read(&mut self, wall: u64, mono: u64) -> Now {
        self.latest = Now { wall: self.latest.wall.max(Wall(wall)), mono: self.latest.mono.max(Mono(mono)) };
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_steps_back_stands_still() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(100, 10), Now { wall: Wall(100), mono: Mono(10) });
        assert_eq!(clock.read(90, 11), Now { wall: Wall(100), mono: Mono(11) });
        assert_eq!(clock.read(101, 5), Now { wall: Wall(101), mono: Mono(11) });
    }
}
