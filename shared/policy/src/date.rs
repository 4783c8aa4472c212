//! Dates as people write them (RFC 3339), read and written.
//!
//! Days are counted as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": by years that begin in March, so that the
//! leap day is the last of them, and by eras of 400 years, which are all alike.

const DAY: i64 = 86_400;
const ERA: i64 = 146_097;
/// From the first of March of the year 0 to 1970.
const EPOCH: i64 = 719_468;

/// Reads a moment (RFC 3339, section 5.6), in seconds since 1970-01-01T00:00:00Z without leap seconds. Fractions are dropped: what
/// ends then ends no later.
pub fn read(text: &str) -> Option<i64> {
    #[rustfmt::skip] // as it is written
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..]
        = text.as_bytes() else { return None };
    let (year, month, day) = (number(&[*y1, *y2, *y3, *y4])?, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    let offset = match without_fraction(rest)? {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            let seconds = hours * 3600 + minutes * 60;
            if hours > 23 || minutes > 59 {
                return None;
            }
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    let moment = days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    // A leap second is the last of a day of UTC, and counts as the first of the next.
    (second < 60 || (second == 60 && moment % DAY == 0)).then_some(moment)
}

/// The moment that many seconds after 1970-01-01T00:00:00Z, in UTC.
pub fn written(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let (days, second) = (seconds / DAY + EPOCH, seconds % DAY);
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march = (5 * day + 2) / 153;
    let day = day - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// So many seconds in the largest unit of which there are at least two, rounded down: `90 seconds`, `2 hours`, `41 days`.
pub fn duration(seconds: u64) -> String {
    let units = [(DAY.unsigned_abs(), "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(size, _): &(u64, &str)| seconds >= 2 * size || *size == 1;
    let (size, name) = units.into_iter().find(fits).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// What follows the seconds, behind a dot and at least one digit if there is a dot.
fn without_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".") else { return Some(rest) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { fraction.get(digits..) }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// From 1970-01-01 to that day.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * ERA + year * 365 + year / 4 - year / 100 + (153 * march + 2) / 5 + day - 1 - EPOCH
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn moments_are_read_and_written_as_by_another_library() {
        // From the year 0 to 9999, a step that is prime to days, weeks and years.
        for seconds in (-62_167_219_200_i64..253_402_300_800).step_by(7_654_321) {
            let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(&Rfc3339).unwrap();
            assert_eq!(read(&date), Some(seconds), "{date}");
            if let Ok(after_1970) = u64::try_from(seconds) {
                assert_eq!(written(after_1970), date);
            }
        }
        // Every day of four centuries.
        for day in 0..ERA {
            let date = OffsetDateTime::from_unix_timestamp(day * DAY).unwrap().format(&Rfc3339).unwrap();
            assert_eq!(read(&date), Some(day * DAY), "{date}");
            assert_eq!(written(u64::try_from(day * DAY).unwrap()), date);
        }
    }

    #[test]
    fn a_duration_is_told_in_its_largest_unit_of_which_there_are_two() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (172_799, "47 hours"),
            (172_800, "2 days"),
            (195_371_355, "2261 days"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn every_form_of_a_moment_is_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2027-01-31T18:00:00Z", 1_801_418_400),
            ("2027-01-31t18:00:00z", 1_801_418_400),
            ("2027-01-31 18:00:00Z", 1_801_418_400),
            ("2027-01-31T18:00:00.999999999999Z", 1_801_418_400),
            ("2027-01-31T19:30:00+01:30", 1_801_418_400),
            ("2027-01-31T16:30:00-01:30", 1_801_418_400),
            ("2027-01-31T18:00:00-00:00", 1_801_418_400),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("1990-12-31T23:59:60Z", 662_688_000),
            ("1990-12-31T15:59:60-08:00", 662_688_000),
            ("1969-12-31T23:59:59Z", -1),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[rustfmt::skip] // short strings in rows
    const NO_MOMENTS: &[&str] = &[
        "", "tomorrow", "2027-01-31", "18:00:00Z", "2027-01-31T18:00:00", "2027-01-31T18:00Z", "2027-1-31T18:00:00Z",
        "27-01-31T18:00:00Z", "+2027-01-31T18:00:00Z", "20270131T180000Z", "2027-01-31_18:00:00Z", "2027-01-31T18:00:00.Z",
        "2027-01-31T18:00:00,5Z", "2027-01-31T18:00:00ZZ", "2027-01-31T18:00:00 Z", " 2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z ",
        "2027-01-31T18:00:00+1:00", "2027-01-31T18:00:00+0100", "2027-01-31T18:00:00+24:00", "2027-01-31T18:00:00+00:60",
        "2027-00-31T18:00:00Z", "2027-13-31T18:00:00Z", "2027-01-00T18:00:00Z", "2027-01-32T18:00:00Z", "2027-04-31T18:00:00Z",
        "2027-02-29T18:00:00Z", "1900-02-29T18:00:00Z", "2027-01-31T24:00:00Z", "2027-01-31T18:60:00Z", "2027-01-31T18:00:61Z",
        "2027-01-31T18:00:60Z", "2027-01-31T23:59:60+01:00", "2027-01-31T-1:00:00Z", "2027-01-31T1 :00:00Z", "2O27-01-31T18:00:00Z",
        "\u{662}\u{660}27-01-31T18:00:00Z",
    ];

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in NO_MOMENTS {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
