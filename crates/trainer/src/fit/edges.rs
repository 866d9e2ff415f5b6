//! Rows at the edges of what a model can be asked: the ends of every input's range, zeros, values far outside, both
//! sides of the model's own jumps, and windows with little history.

use std::ops::Range;

use tidemark_models::{Fitted, WindowParams};

use super::material::{Material, extent};
use super::predict;

/// Points per scalar between which jumps are looked for.
const JUMP_GRID: usize = 17;

/// Factors that push a window far outside what was seen.
const WINDOW_FACTORS: [f64; 4] = [0.0, 1e-3, -1.0, 10.0];

/// Edge rows around one ordinary row. `fitted_on` are the inputs of the fit slice, whose ranges are the edges.
pub(super) fn edge_rows(
    material: &Material<'_>,
    model: &dyn Fitted,
    fitted_on: &[f64],
    ordinary: &[f64],
) -> Vec<Vec<f64>> {
    let scalars: Vec<(usize, f64, f64)> = material
        .scalars()
        .map(|place| {
            let (low, high) = extent(fitted_on, material.width, place);
            (place, low, high)
        })
        .collect();
    let mut rows = scalar_rows(&scalars, ordinary);
    for &(place, low, high) in &scalars {
        rows.extend(jump_rows(model, ordinary, place, low, high));
    }
    for place in material.windows() {
        rows.extend(
            WINDOW_FACTORS
                .iter()
                .map(|factor| scaled(ordinary, &place, *factor)),
        );
    }
    rows.extend(short_histories(material, ordinary));
    rows
}

/// All scalars at once and one by one: lowest, highest, zero, and one range beyond either end.
fn scalar_rows(scalars: &[(usize, f64, f64)], ordinary: &[f64]) -> Vec<Vec<f64>> {
    if scalars.is_empty() {
        return Vec::new();
    }
    let corners: [fn(f64, f64) -> f64; 5] = [
        |low, _| low,
        |_, high| high,
        |_, _| 0.0,
        |low, high| low - (high - low),
        |low, high| high + (high - low),
    ];
    let mut rows = Vec::new();
    for corner in corners {
        let mut together = ordinary.to_vec();
        for &(place, low, high) in scalars {
            together[place] = corner(low, high);
            let mut alone = ordinary.to_vec();
            alone[place] = corner(low, high);
            rows.push(alone);
        }
        rows.push(together);
    }
    rows
}

/// Rows on both sides of the points where the output jumps as one scalar moves through its range: for trees these
/// are the thresholds themselves and the next larger number. Where the output is continuous the pair is just close.
fn jump_rows(model: &dyn Fitted, ordinary: &[f64], place: usize, low: f64, high: f64) -> Vec<Vec<f64>> {
    let width = model.output_names().len();
    let with = |value: f64| {
        let mut row = ordinary.to_vec();
        row[place] = value;
        row
    };
    let answer = |value: f64| {
        let outputs = predict(model, &with(value), width).ok()?;
        Some(outputs.into_iter().map(f64::to_bits).collect::<Vec<u64>>())
    };
    let at = |step: usize| low + (high - low) * step as f64 / (JUMP_GRID - 1) as f64;
    let answers: Vec<_> = (0..JUMP_GRID).map(|step| answer(at(step))).collect();
    (1..JUMP_GRID)
        .filter(|&step| answers[step - 1] != answers[step])
        .flat_map(|step| {
            let (below, above) = bisect(at(step - 1), at(step), |value| answer(value) == answers[step - 1]);
            [with(below), with(above)]
        })
        .collect()
}

/// The neighbouring numbers between which `holds` changes from true (at `low`) to false (at `high`).
fn bisect(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut below, mut above) = (order_key(low), order_key(high));
    while below + 1 < above {
        let middle = below + (above - below) / 2;
        if holds(order_value(middle)) {
            below = middle;
        } else {
            above = middle;
        }
    }
    (order_value(below), order_value(above))
}

/// Maps numbers to integers of the same order, neighbours to neighbours. Kept in i128 so that differences fit.
fn order_key(value: f64) -> i128 {
    let bits = i128::from(value.to_bits());
    let sign = 1_i128 << 63;
    if bits < sign { bits } else { sign - 1 - bits }
}

/// Inverse of [`order_key`].
fn order_value(key: i128) -> f64 {
    let sign = 1_i128 << 63;
    f64::from_bits(if key >= 0 {
        key as u64
    } else {
        (sign - 1 - key) as u64
    })
}

fn scaled(ordinary: &[f64], place: &Range<usize>, factor: f64) -> Vec<f64> {
    let mut row = ordinary.to_vec();
    for value in &mut row[place.clone()] {
        *value *= factor;
    }
    row
}

/// The ordinary row as it would have been early in a history: every window padded with NaN down to the shortest
/// that can be answered, one more, and half of the longest.
fn short_histories(material: &Material<'_>, ordinary: &[f64]) -> Vec<Vec<f64>> {
    let windows: Vec<Range<usize>> = material.windows().collect();
    let Some(longest) = windows.iter().map(ExactSizeIterator::len).max() else {
        return Vec::new();
    };
    let shortest = WindowParams::BURN_IN + WindowParams::MIN_RESIDUALS;
    [shortest, shortest + 1, longest / 2]
        .into_iter()
        .map(|history| {
            let mut row = ordinary.to_vec();
            for window in &windows {
                let padding = window.len().saturating_sub(history);
                row[window.start..window.start + padding].fill(f64::NAN);
            }
            row
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_keys_keep_the_order_and_the_neighbours() {
        let values = [
            f64::NEG_INFINITY,
            -1e300,
            -1.0,
            -f64::MIN_POSITIVE,
            -0.0,
            0.0,
            5e-324,
            1.0,
            f64::INFINITY,
        ];
        for pair in values.windows(2) {
            assert!(order_key(pair[0]) < order_key(pair[1]), "{pair:?}");
        }
        for value in values {
            assert_eq!(order_value(order_key(value)).to_bits(), value.to_bits());
        }
        assert_eq!(
            order_value(order_key(1.0) + 1).to_bits(),
            1.0_f64.next_up().to_bits()
        );
    }

    #[test]
    fn bisection_finds_the_threshold_to_the_last_bit() {
        for threshold in [-3.25, -1e-300, 0.0, 0.1, 7.0] {
            let (below, above) = bisect(-10.0, 10.0, |value| value <= threshold);
            assert_eq!((below, above), (threshold, f64::next_up(threshold)));
        }
    }

    #[test]
    fn every_scalar_meets_its_corners_alone_and_together() {
        let rows = scalar_rows(&[(0, -1.0, 1.0), (2, 5.0, 9.0)], &[0.5, 7.0, 6.0]);
        assert_eq!(rows.len(), 15);
        assert!(rows.contains(&vec![-1.0, 7.0, 5.0]));
        assert!(rows.contains(&vec![0.5, 7.0, 13.0]));
        assert!(rows.iter().all(|row| row[1] == 7.0));
    }
}
