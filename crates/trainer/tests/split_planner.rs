//! What the planner promises, over random series with labels of random length.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

use proptest::prelude::*;
use tidemark_trainer::error::FailureCode;
use tidemark_trainer::split::{PlannedRow, Split, SplitRule, TimeRange, check, plan};

/// Rows with random gaps between bars; label intervals vary in length, so their ends are not in order.
fn rows() -> impl Strategy<Value = Vec<PlannedRow>> {
    let row = (1_i64..5, 1_i64..40, 0.1_f64..1.0);
    prop::collection::vec(row, 0..600).prop_map(|parts| {
        let mut event_time = 0;
        let planned = |(gap, reach, weight): (i64, i64, f64)| {
            event_time += gap;
            PlannedRow {
                event_time,
                label_end_time: event_time + reach,
                weight,
            }
        };
        parts.into_iter().map(planned).collect()
    })
}

fn rule() -> impl Strategy<Value = SplitRule> {
    let bars = 1_usize..60;
    (
        1_usize..5,
        bars.clone(),
        bars.clone(),
        bars.clone(),
        bars,
        0_usize..10,
        1_usize..60,
    )
        .prop_map(
            |(
                folds,
                test_bars,
                early_stopping_bars,
                calibration_bars,
                gate_bars,
                embargo_bars,
                min_effective_samples,
            )| {
                SplitRule {
                    folds,
                    test_bars,
                    early_stopping_bars,
                    calibration_bars,
                    gate_bars,
                    embargo_bars,
                    min_effective_samples,
                    until: i64::MAX / 2,
                }
            },
        )
}

fn within<'a>(rows: &'a [PlannedRow], range: &TimeRange) -> Vec<&'a PlannedRow> {
    rows.iter().filter(|row| range.contains(row.event_time)).collect()
}

/// Slices of a fold that must not know of each other, in order; each is followed by the gate.
fn chain(split: &Split, fold: usize) -> Vec<TimeRange> {
    let mut slices: Vec<TimeRange> = split.folds[fold]
        .slices()
        .into_iter()
        .map(|(_, range)| range)
        .collect();
    slices.push(split.gate);
    slices
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn prop_no_label_reaches_a_later_slice(rows in rows(), rule in rule()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        for fold in 0..split.folds.len() {
            let slices = chain(&split, fold);
            for (position, earlier) in slices.iter().enumerate() {
                for later in &slices[position + 1..] {
                    let starts = within(&rows, later)[0].event_time;
                    prop_assert!(within(&rows, earlier).iter().all(|row| row.label_end_time < starts));
                }
            }
        }
        prop_assert_eq!(check(&split, &rows), Ok(()));
    }

    #[test]
    fn prop_slices_follow_one_another_with_the_embargo_between(rows in rows(), rule in rule()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        for fold in 0..split.folds.len() {
            let is_last = fold + 1 == split.folds.len();
            for pair in chain(&split, fold).windows(2) {
                // Between an earlier test block and the gate lie the later blocks.
                if pair[1] == split.gate && !is_last {
                    continue;
                }
                let gap = TimeRange { from: pair[0].to, to: pair[1].from };
                prop_assert!(pair[0].to <= pair[1].from);
                let starts = within(&rows, &pair[1])[0].event_time;
                let dropped = within(&rows, &gap);
                let reaching = dropped.iter().filter(|row| row.label_end_time >= starts).count();
                prop_assert!(dropped.len() >= reaching + rule.embargo_bars);
            }
        }
    }

    #[test]
    fn prop_blocks_have_the_sizes_asked_for(rows in rows(), rule in rule()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        prop_assert_eq!(split.folds.len(), rule.folds);
        prop_assert_eq!(within(&rows, &split.gate).len(), rule.gate_bars);
        prop_assert!(split.gate.contains(rows[rows.len() - 1].event_time));
        for (index, fold) in split.folds.iter().enumerate() {
            let tested = within(&rows, &fold.test).len();
            let is_last = index + 1 == rule.folds;
            let block = rows.len() - rule.gate_bars - (rule.folds - index) * rule.test_bars;
            let gate_starts = rows[rows.len() - rule.gate_bars].event_time;
            let reaches = rows[block..block + rule.test_bars].iter().any(|row| row.label_end_time >= gate_starts);
            prop_assert!(tested == rule.test_bars || ((is_last || reaches) && tested < rule.test_bars));
            prop_assert_eq!(fold.fit.from, rows[0].event_time);
            prop_assert!(within(&rows, &fold.early_stopping).len() <= rule.early_stopping_bars);
            prop_assert!(within(&rows, &fold.calibration).len() <= rule.calibration_bars);
        }
        let weight: f64 = within(&rows, &split.folds[0].fit).iter().map(|row| row.weight).sum();
        prop_assert!(weight >= rule.min_effective_samples as f64);
    }

    #[test]
    fn prop_the_number_of_bars_asked_for_is_enough(reach in 1_i64..12, rule in rule()) {
        let series = |bars: i64| -> Vec<PlannedRow> {
            (0..bars).map(|time| PlannedRow { event_time: time, label_end_time: time + reach, weight: 0.5 }).collect()
        };
        let mut bars = 0;
        for _ in 0..10 {
            let rows = series(bars);
            match plan(&rows, &rule, rows.len()) {
                Ok(_) => return Ok(()),
                Err(failure) if failure.code == FailureCode::InvalidJob => return Ok(()),
                Err(failure) => {
                    prop_assert_eq!(failure.code, FailureCode::InsufficientData);
                    let needed = number_after(&failure.message, "at least ");
                    prop_assert!(needed > bars, "{}", failure.message);
                    bars = needed;
                }
            }
        }
        prop_assert!(false, "asked for more bars ten times");
    }

    #[test]
    fn prop_a_slice_moved_into_its_neighbour_is_found(rows in rows(), rule in rule(), fold in 0_usize..4) {
        let Ok(mut split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        let fold = fold % split.folds.len();
        split.folds[fold].fit.to = split.folds[fold].early_stopping.from + 1;
        prop_assert_eq!(check(&split, &rows).unwrap_err().code, FailureCode::InvalidJob);
    }
}

fn number_after(text: &str, words: &str) -> i64 {
    let (_, rest) = text.split_once(words).expect("the words");
    rest.chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .expect("a number")
}

#[test]
fn labels_that_reach_the_next_slice_are_found_in_a_foreign_split() {
    let rows: Vec<PlannedRow> = (0..100)
        .map(|time| PlannedRow {
            event_time: time,
            label_end_time: time + 6,
            weight: 1.0,
        })
        .collect();
    let range = |from, to| TimeRange { from, to };
    let mut split = Split {
        folds: vec![tidemark_trainer::split::Fold {
            fit: range(0, 14),
            early_stopping: range(20, 34),
            calibration: range(40, 54),
            test: range(60, 74),
        }],
        gate: range(80, 100),
    };
    assert_eq!(check(&split, &rows), Ok(()));
    split.folds[0].test.to = 75;
    split.folds[0].calibration = range(54, 54);
    let failure = check(&split, &rows).unwrap_err();
    let places: Vec<&str> = failure
        .problems
        .iter()
        .map(|problem| problem.at.as_str())
        .collect();
    assert_eq!(places, ["/split/folds/0/calibration", "/split/folds/0/test"]);
}

#[test]
fn an_early_test_block_inside_the_gate_is_found_in_a_foreign_split() {
    let rows: Vec<PlannedRow> = (0..100)
        .map(|time| PlannedRow {
            event_time: time,
            label_end_time: time + 1,
            weight: 1.0,
        })
        .collect();
    let range = |from, to| TimeRange { from, to };
    let fold = |test| tidemark_trainer::split::Fold {
        fit: range(0, 19),
        early_stopping: range(20, 29),
        calibration: range(30, 39),
        test,
    };
    let places = |first_test| {
        let split = Split {
            folds: vec![fold(first_test), fold(range(40, 59))],
            gate: range(80, 100),
        };
        check(&split, &rows)
            .err()
            .map(|failure| failure.problems[0].at.clone())
    };
    assert_eq!(places(range(40, 79)), None);
    for leak in [range(85, 95), range(40, 81), range(40, 80)] {
        assert_eq!(places(leak).as_deref(), Some("/split/folds/0/test"));
    }
}
