//! Checking a split that came from outside, independently of the planner.

use super::{PlannedRow, Split, TimeRange};
use crate::error::{Failure, FailureCode, Problem};

/// Checks that within each fold no label of a slice reaches the next slice, that none of any fold's last slice reaches
/// the gate, and that no slice is empty. `rows` are the usable labelled rows in order of time.
///
/// # Errors
/// `INVALID_JOB` listing every violation.
pub fn check(split: &Split, rows: &[PlannedRow]) -> Result<(), Failure> {
    let mut problems = Vec::new();
    let gate = split.gate.map(|range| ("/split/gate".to_owned(), range));
    problems.extend(gate.iter().filter_map(|gate| empty(rows, gate)));
    for (index, fold) in split.folds.iter().enumerate() {
        let mut slices: Vec<(String, TimeRange)> = fold
            .slices()
            .map(|(name, range)| (format!("/split/folds/{index}/{name}"), range))
            .collect();
        problems.extend(slices.iter().filter_map(|slice| empty(rows, slice)));
        // Every test block is part of the choice, so none may know of the gate, whatever the order of the folds.
        slices.extend(gate.clone());
        for pair in slices.windows(2) {
            problems.extend(overlap(rows, &pair[0], &pair[1]));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::with_problems(
        FailureCode::InvalidJob,
        "the split",
        problems,
    ))
}

fn empty(rows: &[PlannedRow], (at, range): &(String, TimeRange)) -> Option<Problem> {
    within(rows, range).is_empty().then(|| Problem {
        at: at.clone(),
        message: "no usable labelled row lies inside".to_owned(),
    })
}

/// The rows of a span.
fn within<'a>(rows: &'a [PlannedRow], range: &TimeRange) -> &'a [PlannedRow] {
    let from = rows.partition_point(|row| row.event_time < range.from);
    let to = rows.partition_point(|row| row.event_time < range.to);
    &rows[from..to]
}

fn overlap(
    rows: &[PlannedRow],
    (earlier_at, earlier): &(String, TimeRange),
    (later_at, later): &(String, TimeRange),
) -> Option<Problem> {
    let starts = within(rows, later).first()?.event_time;
    let reaching = within(rows, earlier)
        .iter()
        .filter(|row| row.label_end_time >= starts)
        .count();
    let message = if earlier.to > later.from {
        format!("must end before {later_at} begins")
    } else if reaching > 0 {
        format!("{reaching} rows have labels that reach into {later_at}; purge them")
    } else {
        return None;
    };
    Some(Problem {
        at: earlier_at.clone(),
        message,
    })
}
