//! What the planner promises, over random series with labels of random length.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

use proptest::prelude::*;
use tidemark_models::SliceNeeds;
use tidemark_trainer::error::FailureCode;
use tidemark_trainer::split::{PlannedRow, Scheme, Split, SplitRule, TimeRange, check, plan};

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

/// Rows one instant apart whose labels all take equally long.
fn rows_of_one_reach() -> impl Strategy<Value = Vec<PlannedRow>> {
    (0_i64..600, 1_i64..12).prop_map(|(bars, reach)| {
        let planned = |event_time| PlannedRow {
            event_time,
            label_end_time: event_time + reach,
            weight: 0.5,
        };
        (0..bars).map(planned).collect()
    })
}

/// A rule of this scheme with slices of random sizes; `least_gate` bars stay for the gate at least.
fn rule(scheme: impl Strategy<Value = Scheme>, least_gate: usize) -> impl Strategy<Value = SplitRule> {
    let bars = 1_usize..60;
    (
        scheme,
        bars.clone(),
        bars,
        least_gate..60,
        0_usize..10,
        1_usize..60,
    )
        .prop_map(
            |(
                scheme,
                early_stopping_bars,
                calibration_bars,
                gate_bars,
                embargo_bars,
                min_effective_samples,
            )| {
                SplitRule {
                    scheme,
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

fn walk_forward() -> impl Strategy<Value = SplitRule> {
    let scheme =
        (1_usize..5, 1_usize..60).prop_map(|(folds, test_bars)| Scheme::WalkForward { folds, test_bars });
    rule(scheme, 1)
}

fn refit() -> impl Strategy<Value = SplitRule> {
    rule(Just(Scheme::Refit), 0)
}

/// Every second refit without a gate: that is the one whose last slice ends with the data.
fn any_rule() -> impl Strategy<Value = SplitRule> {
    let without_gate = refit().prop_map(|rule| SplitRule { gate_bars: 0, ..rule });
    prop_oneof![2 => walk_forward(), 1 => refit(), 1 => without_gate]
}

fn within<'a>(rows: &'a [PlannedRow], range: &TimeRange) -> Vec<&'a PlannedRow> {
    rows.iter().filter(|row| range.contains(row.event_time)).collect()
}

/// Slices of a fold that must not know of each other, in order; the gate, if there is one, comes last.
fn chain(split: &Split, fold: usize) -> Vec<TimeRange> {
    let slices = split.folds[fold].slices().map(|(_, range)| range);
    slices.chain(split.gate).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn prop_no_label_reaches_a_later_slice(rows in rows(), rule in any_rule()) {
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
    fn prop_slices_follow_one_another_with_the_embargo_between(rows in rows(), rule in any_rule()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        for fold in 0..split.folds.len() {
            let is_last = fold + 1 == split.folds.len();
            for pair in chain(&split, fold).windows(2) {
                // Between an earlier test block and the gate lie the later blocks.
                if Some(pair[1]) == split.gate && !is_last {
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
    fn prop_blocks_have_the_sizes_asked_for(rows in rows(), rule in walk_forward()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        let Scheme::WalkForward { folds, test_bars } = rule.scheme else { unreachable!() };
        let gate = split.gate.unwrap();
        prop_assert_eq!(split.folds.len(), folds);
        prop_assert_eq!(within(&rows, &gate).len(), rule.gate_bars);
        prop_assert!(gate.contains(rows[rows.len() - 1].event_time));
        for (index, fold) in split.folds.iter().enumerate() {
            let tested = within(&rows, &fold.test.unwrap()).len();
            let is_last = index + 1 == folds;
            let block = rows.len() - rule.gate_bars - (folds - index) * test_bars;
            let gate_starts = rows[rows.len() - rule.gate_bars].event_time;
            let reaches = rows[block..block + test_bars].iter().any(|row| row.label_end_time >= gate_starts);
            prop_assert!(tested == test_bars || ((is_last || reaches) && tested < test_bars));
            prop_assert_eq!(fold.fit.from, rows[0].event_time);
            prop_assert!(within(&rows, &fold.early_stopping.unwrap()).len() <= rule.early_stopping_bars);
            prop_assert!(within(&rows, &fold.calibration.unwrap()).len() <= rule.calibration_bars);
        }
        let weight: f64 = within(&rows, &split.folds[0].fit).iter().map(|row| row.weight).sum();
        prop_assert!(weight >= rule.min_effective_samples as f64);
    }

    #[test]
    fn prop_a_refit_takes_all_rows_but_those_of_the_gate(rows in rows(), rule in refit()) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        prop_assert!(split.is_refit());
        prop_assert_eq!(split.folds.len(), 1);
        let fold = split.folds[0];
        let learnt = rows.len() - rule.gate_bars;
        prop_assert_eq!(fold.fit.from, rows[0].event_time);
        prop_assert!(within(&rows, &fold.early_stopping.unwrap()).len() <= rule.early_stopping_bars);
        let calibration = within(&rows, &fold.calibration.unwrap());
        prop_assert_eq!(calibration[0].event_time, rows[learnt - rule.calibration_bars].event_time);
        if let Some(gate) = split.gate {
            prop_assert_eq!(within(&rows, &gate).len(), rule.gate_bars);
            return Ok(());
        }
        prop_assert_eq!(rule.gate_bars, 0);
        prop_assert_eq!(calibration.len(), rule.calibration_bars);
        prop_assert_eq!(calibration.last(), Some(&&rows[rows.len() - 1]));
    }

    #[test]
    fn prop_joined_slices_end_where_those_joined_to_them_ended(
        rows in prop_oneof![rows(), rows_of_one_reach()],
        rule in any_rule(),
        early_stopping in any::<bool>(),
        calibration in any::<bool>(),
    ) {
        let Ok(split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        let needs = SliceNeeds { early_stopping, calibration };
        let used = split.for_family(needs);
        if !split.is_refit() {
            prop_assert_eq!(used, split);
            return Ok(());
        }
        let (before, after) = (split.folds[0], used.folds[0]);
        prop_assert_eq!(after.early_stopping.is_some(), early_stopping);
        prop_assert_eq!(after.calibration.is_some(), calibration);
        prop_assert_eq!((after.fit.from, after.seen_until()), (before.fit.from, before.seen_until()));
        prop_assert_eq!(used.gate, split.gate);
        // Labels as they are in a dataset, over one number of bars, end in order: rows between slices reach no gate.
        if rows.windows(2).all(|pair| pair[0].label_end_time <= pair[1].label_end_time) {
            prop_assert_eq!(check(&used, &rows), Ok(()));
        }
        if needs == SliceNeeds::FIT_ONLY && split.gate.is_none() {
            prop_assert_eq!(within(&rows, &after.fit).len(), rows.len());
        }
    }

    #[test]
    fn prop_the_number_of_bars_asked_for_is_enough(reach in 1_i64..12, rule in any_rule()) {
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
    fn prop_a_slice_moved_into_its_neighbour_is_found(rows in rows(), rule in any_rule(), fold in 0_usize..4) {
        let Ok(mut split) = plan(&rows, &rule, rows.len()) else { return Ok(()) };
        let fold = fold % split.folds.len();
        split.folds[fold].fit.to = split.folds[fold].early_stopping.unwrap().from + 1;
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
            early_stopping: Some(range(20, 34)),
            calibration: Some(range(40, 54)),
            test: Some(range(60, 74)),
        }],
        gate: Some(range(80, 100)),
    };
    assert_eq!(check(&split, &rows), Ok(()));
    split.folds[0].test = Some(range(60, 75));
    split.folds[0].calibration = Some(range(54, 54));
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
        early_stopping: Some(range(20, 29)),
        calibration: Some(range(30, 39)),
        test: Some(test),
    };
    let places = |first_test| {
        let split = Split {
            folds: vec![fold(first_test), fold(range(40, 59))],
            gate: Some(range(80, 100)),
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

#[test]
fn a_refit_that_knows_of_its_gate_is_found() {
    let rows: Vec<PlannedRow> = (0..100)
        .map(|time| PlannedRow {
            event_time: time,
            label_end_time: time + 6,
            weight: 1.0,
        })
        .collect();
    let range = |from, to| TimeRange { from, to };
    let problems = |calibration, gate| {
        let split = Split {
            folds: vec![tidemark_trainer::split::Fold {
                fit: range(0, 54),
                early_stopping: Some(range(60, 74)),
                calibration: Some(calibration),
                test: None,
            }],
            gate,
        };
        let failure = check(&split, &rows).err();
        failure.map(|failure| (failure.code, failure.problems[0].at.clone()))
    };
    let found = |at: &str| Some((FailureCode::InvalidJob, at.to_owned()));
    assert_eq!(problems(range(80, 100), None), None);
    assert_eq!(problems(range(80, 84), Some(range(90, 100))), None);
    let calibration = "/split/folds/0/calibration";
    assert_eq!(problems(range(80, 85), Some(range(90, 100))), found(calibration));
    assert_eq!(problems(range(80, 91), Some(range(90, 100))), found(calibration));
    assert_eq!(
        problems(range(79, 84), None),
        found("/split/folds/0/earlyStopping")
    );
    assert_eq!(
        problems(range(80, 84), Some(range(100, 200))),
        found("/split/gate")
    );
}
