use std::path::{Path, PathBuf};

use tidemark_core::Bar;

const SP500: &str = "node_modules/vega-datasets/data/sp500-2000.csv";
const MS_PER_DAY: i64 = 86_400_000;

/// The first existing `relative` path in this crate's folder or any folder above it.
#[must_use]
pub fn find_upwards(relative: &str) -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    start
        .ancestors()
        .map(|folder| folder.join(relative))
        .find(|path| path.exists())
}

/// Where the S&P 500 daily file lies.
///
/// # Panics
/// When the npm package is not installed.
#[must_use]
pub fn sp500_path() -> PathBuf {
    find_upwards(SP500)
        .unwrap_or_else(|| panic!("{SP500} not found in any folder above crates/testkit; run `npm ci` first"))
}

/// S&P 500 daily bars, 2000-01-03 to 2020-04-17 (5,105 rows), as shipped in `vega-datasets`.
///
/// # Panics
/// When the npm package is not installed or its file has another shape.
#[must_use]
pub fn sp500() -> Vec<Bar> {
    let path = sp500_path();
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("date,open,high,low,close,adjclose,volume"),
        "header of {}",
        path.display()
    );
    let parse = |(index, line): (usize, &str)| {
        parse_bar(line).unwrap_or_else(|| panic!("{} line {}: not a bar: {line}", path.display(), index + 2))
    };
    lines.enumerate().map(parse).collect()
}

fn parse_bar(line: &str) -> Option<Bar> {
    let mut fields = line.split(',');
    let event_time = parse_date(fields.next()?)? * MS_PER_DAY;
    let numbers: Vec<f64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let [open, high, low, close, _adjusted, volume] = numbers[..] else {
        return None;
    };
    Some(Bar {
        event_time,
        open,
        high,
        low,
        close,
        volume,
    })
}

/// Days since 1970-01-01 of an ISO date.
fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    // Years are counted from March so that the leap day ends them (Richards, 2013).
    let shifted = (month + 9) % 12;
    let year = year - i64::from(month <= 2);
    let days_before_month = (153 * shifted + 2) / 5;
    let era_days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(era_days + days_before_month + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_days_since_the_epoch() {
        let cases = [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2020-04-17", 18_369),
            ("1969-12-31", -1),
        ];
        for (text, days) in cases {
            assert_eq!(parse_date(text), Some(days), "{text}");
        }
        assert_eq!(parse_date("2020-04"), None);
    }

    #[test]
    fn the_market_file_is_whole() {
        let bars = sp500();
        assert_eq!(bars.len(), 5_105);
        assert_eq!(bars[0].event_time, 946_857_600_000);
        assert_eq!(bars[5_104].close, 2_874.560_059);
        tidemark_core::check_bars(&bars).unwrap();
    }
}
