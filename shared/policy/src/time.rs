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

/// Turns the host's clocks into moments that never run backwards. A reading that is earlier than the last one counts as the last one: an
/// admission that ended stays ended however the clock is set.
///
/// Asking a clock is a call into the host. So the wall clock is asked once in a while, and between is as much later as the monotonic one is.
#[derive(Debug, Default)]
pub struct Clock {
    latest: Now,
    /// By how much the wall clock was ahead of the monotonic one; `None` until both were read.
    ahead: Option<u64>,
}

impl Clock {
    /// The moment that those readings stand for.
    pub fn read(&mut self, wall: u64, mono: u64) -> Now {
        self.ahead = Some(wall.wrapping_sub(mono));
        self.moment(wall, mono)
    }

    /// The moment that a reading of the monotonic clock stands for. `None` if the wall clock was never read.
    pub fn read_mono(&mut self, mono: u64) -> Option<Now> {
        self.ahead.map(|ahead| self.moment(mono.wrapping_add(ahead), mono))
    }

    fn moment(&mut self, wall: u64, mono: u64) -> Now {
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

    #[test]
    fn between_two_readings_the_wall_clock_goes_on_with_the_monotonic_one() {
        let mut clock = Clock::default();
        assert_eq!(clock.read_mono(10), None);
        clock.read(100, 10);
        assert_eq!(clock.read_mono(15), Some(Now { wall: Wall(105), mono: Mono(15) }));
        clock.read(300, 16);
        assert_eq!(clock.read_mono(17), Some(Now { wall: Wall(301), mono: Mono(17) }));
        // Set back: it stands still until it has caught up.
        clock.read(200, 20);
        assert_eq!(clock.read_mono(30), Some(Now { wall: Wall(301), mono: Mono(30) }));
        assert_eq!(clock.read_mono(130), Some(Now { wall: Wall(310), mono: Mono(130) }));
    }
}
