//! Search for the best split of a leaf from its histogram.

use super::binning::{BinnedMatrix, FeatureBins};
use super::histogram::{Histogram, Scale, Sums, add};
use super::params::CheckedGbdtParams;

/// A split of one leaf: rows with `bin ≤ threshold_bin` go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: usize,
    pub(crate) threshold_bin: usize,
    pub(crate) missing_left: bool,
    /// Reduction of the regularised second-order loss.
    pub(crate) gain: f64,
    pub(crate) left: Sums,
}

/// Limits on a split, expressed in the integer steps of the round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitRules {
    min_rows: usize,
    min_hessian: f64,
    lambda: f64,
    min_gain: f64,
    /// Gain of one unit of G²/H in steps.
    unit: f64,
    scale: Scale,
}

impl SplitRules {
    pub(crate) fn new(params: &CheckedGbdtParams, scale: Scale) -> Self {
        Self {
            min_rows: params.min_data_in_leaf,
            min_hessian: params.min_child_weight / scale.hessian,
            lambda: params.lambda_l2 / scale.hessian,
            min_gain: params.min_gain,
            unit: scale.gradient * scale.gradient / scale.hessian,
            scale,
        }
    }

    /// G² / (H + λ) in steps; zero for an empty side, so that a leaf without curvature never looks attractive.
    fn score(self, sums: Sums) -> f64 {
        let denominator = self.scale.hessian_steps(sums) + self.lambda;
        if denominator > 0.0 {
            (sums[0] as f64) * (sums[0] as f64) / denominator
        } else {
            0.0
        }
    }
}

/// The best allowed split over `features`, or `None`. Ties go to the lower feature, then the lower bin.
pub(crate) fn best_split(
    matrix: &BinnedMatrix,
    features: &[usize],
    histogram: &Histogram,
    total: Sums,
    rules: SplitRules,
) -> Option<Split> {
    let mut best = Candidate {
        gain: rules.min_gain / rules.unit + rules.score(total),
        split: None,
    };
    for &feature in features {
        let bins = &histogram[matrix.offsets[feature]..matrix.offsets[feature + 1]];
        scan_feature(&matrix.features[feature], feature, bins, total, rules, &mut best);
    }
    let parent_score = rules.score(total);
    best.split.map(|split| Split {
        gain: (best.gain - parent_score) * rules.unit,
        ..split
    })
}

/// Best split so far; `gain` is the sum of both sides' scores in steps.
struct Candidate {
    gain: f64,
    split: Option<Split>,
}

fn scan_feature(
    bins: &FeatureBins,
    feature: usize,
    histogram: &[Sums],
    total: Sums,
    rules: SplitRules,
    best: &mut Candidate,
) {
    let values = &histogram[..bins.value_bins()];
    let missing = bins.missing_bin().map_or([0; 2], |bin| histogram[bin]);
    if rules.scale.count(missing) == 0 {
        // Nothing to learn a direction from: missing values follow the larger side.
        scan(
            &values[..values.len() - 1],
            [0; 2],
            feature,
            total,
            rules,
            best,
            None,
        );
        return;
    }
    scan(values, [0; 2], feature, total, rules, best, Some(false));
    scan(
        &values[..values.len() - 1],
        missing,
        feature,
        total,
        rules,
        best,
        Some(true),
    );
}

/// Walks the thresholds after each bin of `values`, starting with `left` already on the left side.
fn scan(
    values: &[Sums],
    mut left: Sums,
    feature: usize,
    total: Sums,
    rules: SplitRules,
    best: &mut Candidate,
    missing_left: Option<bool>,
) {
    for (bin, sums) in values.iter().enumerate() {
        // An empty bin moves no row, so its threshold repeats the one before.
        if sums[1] == 0 {
            continue;
        }
        add(&mut left, *sums);
        let right = [total[0] - left[0], total[1] - left[1]];
        if rules.scale.count(right) < rules.min_rows {
            return;
        }
        if rules.scale.count(left) < rules.min_rows {
            continue;
        }
        let sides = [rules.scale.hessian_steps(left), rules.scale.hessian_steps(right)];
        if sides[0] < rules.min_hessian || sides[1] < rules.min_hessian {
            continue;
        }
        // G_L²/(H_L + λ) + G_R²/(H_R + λ) over its common denominator; dividing only for a new best saves most of the scan.
        let [a, b] = sides.map(|side| side + rules.lambda);
        let [gl, gr] = [left[0] as f64, right[0] as f64];
        let numerator = gl * gl * b + gr * gr * a;
        let denominator = a * b;
        if numerator > best.gain * denominator {
            let gain = numerator / denominator;
            best.gain = gain;
            let missing_left = missing_left.unwrap_or(rules.scale.count(left) >= rules.scale.count(right));
            best.split = Some(Split {
                feature,
                threshold_bin: bin,
                missing_left,
                gain,
                left,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::{LeafRows, QuantisedGradients, build};
    use super::super::params::GbdtParams;
    use super::*;

    struct Case {
        matrix: BinnedMatrix,
        histogram: Histogram,
        total: Sums,
        rules: SplitRules,
    }

    fn case(inputs: &[f64], gradients: &[f64], params: &GbdtParams) -> Case {
        let checked = params.check().unwrap();
        let matrix = BinnedMatrix::fit(inputs, inputs.len() / gradients.len(), &checked);
        let pairs: Vec<[f64; 2]> = gradients.iter().map(|g| [*g, 1.0]).collect();
        let mut quantised = QuantisedGradients::with_rows(pairs.len());
        quantised.quantise(&pairs);
        let mut histogram = vec![[0; 2]; matrix.total_bins()];
        let features: Vec<usize> = (0..matrix.features.len()).collect();
        build(&matrix, &features, LeafRows::All(&quantised.rows), &mut histogram);
        let mut total = [0; 2];
        quantised.rows.iter().for_each(|row| add(&mut total, *row));
        Case {
            matrix,
            histogram,
            total,
            rules: SplitRules::new(&checked, quantised.scale),
        }
    }

    fn best(case: &Case) -> Option<Split> {
        let features: Vec<usize> = (0..case.matrix.features.len()).collect();
        best_split(&case.matrix, &features, &case.histogram, case.total, case.rules)
    }

    fn params() -> GbdtParams {
        GbdtParams {
            min_data_in_leaf: 1,
            min_child_weight: 0.0,
            lambda_l2: 0.0,
            min_data_in_bin: 1,
            ..GbdtParams::default()
        }
    }

    #[test]
    fn the_gain_is_the_reduction_of_squared_error() {
        let case = case(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, -1.0, -3.0], &params());
        let split = best(&case).unwrap();
        assert_eq!(split.threshold_bin, 1);
        // G_L²/H_L + G_R²/H_R − G²/H = 4/2 + 16/2 − 4/4 = 9.
        assert!((split.gain - 9.0).abs() < 1e-7, "{}", split.gain);
    }

    #[test]
    fn leaves_smaller_than_allowed_are_not_made() {
        let inputs = [1.0, 2.0, 3.0, 4.0];
        let gradients = [9.0, 1.0, 1.0, 1.0];
        assert_eq!(
            best(&case(&inputs, &gradients, &params())).unwrap().threshold_bin,
            0
        );
        let wider = GbdtParams {
            min_data_in_leaf: 2,
            ..params()
        };
        assert_eq!(best(&case(&inputs, &gradients, &wider)).unwrap().threshold_bin, 1);
        let none = GbdtParams {
            min_child_weight: 2.5,
            ..params()
        };
        assert_eq!(best(&case(&inputs, &gradients, &none)), None);
    }

    #[test]
    fn missing_rows_go_where_they_help() {
        let nan = f64::NAN;
        for (sign, missing_left) in [(1.0, true), (-1.0, false)] {
            let case = case(
                &[1.0, 1.0, 2.0, 2.0, nan, nan],
                &[1.0, 1.0, -1.0, -1.0, sign, sign],
                &params(),
            );
            let split = best(&case).unwrap();
            assert_eq!((split.threshold_bin, split.missing_left), (0, missing_left));
        }
    }

    #[test]
    fn missing_against_present_is_a_split_of_its_own() {
        let case = case(
            &[1.0, 2.0, f64::NAN, f64::NAN],
            &[1.0, 1.0, -1.0, -1.0],
            &params(),
        );
        let split = best(&case).unwrap();
        assert_eq!((split.threshold_bin, split.missing_left), (1, false));
        assert_eq!(case.matrix.features[0].threshold(1), f64::MAX);
    }

    #[test]
    fn a_constant_feature_or_no_gain_gives_no_split() {
        assert_eq!(best(&case(&[1.0; 4], &[1.0, -1.0, 1.0, -1.0], &params())), None);
        let dull = GbdtParams {
            min_gain: 10.0,
            ..params()
        };
        assert_eq!(
            best(&case(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, -1.0, -3.0], &dull)),
            None
        );
    }
}
