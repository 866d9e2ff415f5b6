//! Instants on the wire: ISO-8601 in UTC on the outside, milliseconds since 1970 inside.

const MS_PER_DAY: i64 = 86_400_000;

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", 2013: years start in March so that the leap day is the last day of a year).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// Writes an instant the way `Date.prototype.toISOString` does.
#[must_use]
pub fn format_instant(epoch_ms: i64) -> String {
    let (year, month, day) = civil_from_days(epoch_ms.div_euclid(MS_PER_DAY));
    let ms = epoch_ms.rem_euclid(MS_PER_DAY);
    let (hour, minute, second, fraction) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.fff]Z`; anything else, other offsets included, is `None`.
#[must_use]
pub fn parse_instant(text: &str) -> Option<i64> {
    let body = text.strip_suffix('Z')?;
    let (date, time) = body.split_once('T')?;
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) if fraction.len() == 3 => (clock, digits(fraction, 3)?),
        Some(_) => return None,
        None => (time, 0),
    };
    let [year, month, day] = parts(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = parts(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A date that does not exist (30 February) does not survive the round trip.
    (civil_from_days(days) == (year, month, day))
        .then(|| days * MS_PER_DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction)
}

fn parts(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut pieces = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        *value = digits(pieces.next()?, width)?;
    }
    pieces.next().is_none().then_some(values)
}

fn digits(text: &str, width: usize) -> Option<i64> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_round_trip() {
        for (text, ms) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2017-01-01T00:00:00.000Z", 1_483_228_800_000),
            ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
        ] {
            assert_eq!(parse_instant(text), Some(ms), "{text}");
            assert_eq!(format_instant(ms), text);
        }
        assert_eq!(parse_instant("2017-01-01T00:00:00Z"), Some(1_483_228_800_000));
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for day in -150_000..150_000 {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
    }

    #[test]
    fn malformed_instants_are_refused() {
        for text in [
            "",
            "Z",
            "2017-01-01",
            "2017-01-01T00:00:00",
            "2017-01-01T00:00:00+00:00",
            "2017-02-29T00:00:00Z",
            "2017-13-01T00:00:00Z",
            "2017-00-10T00:00:00Z",
            "2017-01-01T24:00:00Z",
            "2017-01-01T00:60:00Z",
            "2017-01-01T00:00:00.5Z",
            "2017-1-1T00:00:00Z",
            "+017-01-01T00:00:00Z",
            "2017-01-01T00:00:00:00Z",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }
}
