//! Reading the bars of a `prepare` job: CSV, sorted, one row per event time, as known at `asOf`.

use tidemark_core::Bar;

use crate::error::{Failure, FailureCode, Problem};
use crate::instant::format_instant;

/// The only accepted header.
pub const HEADER: &str = "event_time,known_at,open,high,low,close,volume";

/// A broken file is described by its first problems; the rest is rarely news.
const MOST_PROBLEMS: usize = 20;

/// Parses and checks a bars file.
///
/// Prices are finite and positive, volume finite and not negative, low ≤ high, event times strictly rising, and
/// nothing was known after `as_of` or before its own event time.
///
/// # Errors
/// `INVALID_DATA` listing the problems by row (1 = first row after the header) and column.
pub fn parse(text: &str, as_of: i64) -> Result<Vec<Bar>, Failure> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    if header != HEADER {
        return Err(Failure::invalid_data(format!(
            "the bars file must start with `{HEADER}`, got `{header}`"
        )));
    }
    let mut reader = Reader {
        as_of,
        problems: Vec::new(),
        previous: None,
    };
    let mut bars = Vec::new();
    for (index, line) in lines.enumerate() {
        bars.extend(reader.row(index + 1, line));
        if reader.problems.len() >= MOST_PROBLEMS {
            break;
        }
    }
    if reader.problems.is_empty() {
        return Ok(bars);
    }
    Err(Failure::with_problems(
        FailureCode::InvalidData,
        "the bars file",
        reader.problems,
    ))
}

struct Reader {
    as_of: i64,
    problems: Vec<Problem>,
    previous: Option<i64>,
}

impl Reader {
    fn row(&mut self, row: usize, line: &str) -> Option<Bar> {
        let fields: Vec<&str> = line.split(',').collect();
        let &[event_time, known_at, open, high, low, close, volume] = fields.as_slice() else {
            self.problem(row, "*", format!("expected 7 fields, got {}", fields.len()));
            return None;
        };
        let event_time = self.time(row, "event_time", event_time);
        let known_at = self.time(row, "known_at", known_at);
        let [open, high, low, close] = [("open", open), ("high", high), ("low", low), ("close", close)]
            .map(|(column, field)| self.number(row, column, field, "above zero", |value| value > 0.0));
        let volume = self.number(row, "volume", volume, "not negative", |value| value >= 0.0);
        let (event_time, known_at) = (event_time?, known_at?);
        let bar = Bar {
            event_time,
            open: open?,
            high: high?,
            low: low?,
            close: close?,
            volume: volume?,
        };
        self.check(row, &bar, known_at);
        Some(bar)
    }

    fn check(&mut self, row: usize, bar: &Bar, known_at: i64) {
        if bar.low > bar.high {
            self.problem(row, "low", format!("low {} is above high {}", bar.low, bar.high));
        }
        if known_at < bar.event_time {
            let event = format_instant(bar.event_time);
            self.problem(
                row,
                "known_at",
                format!("{} is before the event time {event}", format_instant(known_at)),
            );
        }
        if known_at > self.as_of {
            let as_of = format_instant(self.as_of);
            self.problem(
                row,
                "known_at",
                format!("{} is after asOf {as_of}", format_instant(known_at)),
            );
        }
        if let Some(previous) = self.previous.filter(|previous| *previous >= bar.event_time) {
            let kind = if previous == bar.event_time {
                "a duplicate of"
            } else {
                "earlier than"
            };
            let (time, before) = (format_instant(bar.event_time), format_instant(previous));
            self.problem(
                row,
                "event_time",
                format!("{time} is {kind} the row before, {before}"),
            );
        }
        self.previous = Some(bar.event_time);
    }

    fn time(&mut self, row: usize, column: &str, field: &str) -> Option<i64> {
        let value = field.parse().ok();
        if value.is_none() {
            self.problem(
                row,
                column,
                format!("expected whole milliseconds since 1970, got `{}`", clip(field)),
            );
        }
        value
    }

    fn number(
        &mut self,
        row: usize,
        column: &str,
        field: &str,
        rule: &str,
        accepts: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let value = field
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite() && accepts(*value));
        if value.is_none() {
            self.problem(
                row,
                column,
                format!("expected a finite number {rule}, got `{}`", clip(field)),
            );
        }
        value
    }

    fn problem(&mut self, row: usize, column: &str, message: String) {
        self.problems.push(Problem {
            at: format!("row {row}, column {column}"),
            message,
        });
    }
}

/// Enough of a field to recognise it.
fn clip(field: &str) -> String {
    field.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AS_OF: i64 = 400;

    fn problems(rows: &str) -> Vec<String> {
        let failure = parse(&format!("{HEADER}\n{rows}"), AS_OF).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidData);
        failure.problems.into_iter().map(|problem| problem.at).collect()
    }

    #[test]
    fn reads_rows_in_order() {
        let bars = parse(
            &format!("{HEADER}\n100,200,1,3,0.5,2.25,0\n200,300,1,3,0.5,2.5,7\n"),
            AS_OF,
        )
        .unwrap();
        assert_eq!(bars.len(), 2);
        assert_eq!(bars[1].event_time, 200);
        assert_eq!(bars[0].close.to_bits(), 2.25_f64.to_bits());
        assert_eq!(parse(&format!("{HEADER}\n"), AS_OF).unwrap(), []);
    }

    #[test]
    fn names_row_and_column_of_every_problem() {
        for (rows, expected) in [
            ("100,200,1,3,0.5,2", vec!["row 1, column *"]),
            ("x,200,1,3,0.5,2,0", vec!["row 1, column event_time"]),
            ("100,1e2,1,3,0.5,2,0", vec!["row 1, column known_at"]),
            ("100,200,0,3,0.5,2,0", vec!["row 1, column open"]),
            (
                "100,200,1,inf,0.5,NaN,-1",
                vec![
                    "row 1, column high",
                    "row 1, column close",
                    "row 1, column volume",
                ],
            ),
            ("100,200,1,3,4,2,0", vec!["row 1, column low"]),
            ("100,99,1,3,0.5,2,0", vec!["row 1, column known_at"]),
            ("100,401,1,3,0.5,2,0", vec!["row 1, column known_at"]),
            (
                "100,200,1,3,0.5,2,0\n100,200,1,3,0.5,2,0",
                vec!["row 2, column event_time"],
            ),
            (
                "100,200,1,3,0.5,2,0\n99,200,1,3,0.5,2,0",
                vec!["row 2, column event_time"],
            ),
            (
                "100,200,-1,3,0.5,2,0\n99,200,1,3,0.5,,0",
                vec!["row 1, column open", "row 2, column close"],
            ),
        ] {
            assert_eq!(problems(rows), expected, "{rows}");
        }
    }

    #[test]
    fn stops_listing_when_the_point_is_made() {
        let rows: String = (0..100).map(|_| "?\n").collect();
        assert_eq!(problems(&rows).len(), MOST_PROBLEMS);
    }

    #[test]
    fn refuses_another_header() {
        let failure = parse("date,open,high,low,close,volume\n", AS_OF).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidData);
        assert_eq!(parse("", AS_OF).unwrap_err().code, FailureCode::InvalidData);
    }
}
