//! The variables of time, from seconds since 1970, in UTC.

use crate::language::ast::Variable;

/// The value of a variable of time. `None` if it is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other variables have nothing to do with time")]
pub(super) fn value(variable: Variable, epoch: u64) -> Option<String> {
    let (days, second) = (epoch / 86_400, epoch % 86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // The calendar repeats every 400 years; counted from March, the leap day is the last of a year.
    let since = days + 719_468;
    let (era, day) = (since / 146_097, since % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    // As C counts: months from 0, days of the week from Sunday, which is 0.
    let number = match variable {
        Variable::Time => return Some(format!("{hour:02}:{minute:02}:{second:02}")),
        Variable::TimeEpoch => epoch,
        Variable::TimeHour => hour,
        Variable::TimeMin => minute,
        Variable::TimeSec => second,
        Variable::TimeDay => day,
        Variable::TimeMon => month - 1,
        Variable::TimeYear => year,
        Variable::TimeWday => (days + 4) % 7,
        _ => return None,
    };
    Some(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_parts() {
        // Thursday, 29 February 2024, 13:07:09 UTC.
        let cases = [
            (Variable::Time, "13:07:09"),
            (Variable::TimeEpoch, "1709212029"),
            (Variable::TimeHour, "13"),
            (Variable::TimeMin, "7"),
            (Variable::TimeSec, "9"),
            (Variable::TimeDay, "29"),
            (Variable::TimeMon, "1"),
            (Variable::TimeYear, "2024"),
            (Variable::TimeWday, "4"),
        ];
        for (variable, expected) in cases {
            assert_eq!(value(variable, 1_709_212_029).as_deref(), Some(expected), "{variable:?}");
        }
        for variable in Variable::ALL {
            assert_eq!(value(*variable, 0).is_some(), variable.is_time(), "{variable:?}");
        }
        assert_eq!(value(Variable::TimeYear, 0).as_deref(), Some("1970"));
    }
}
