//! The trainer's own outputs on rows the artifact was not fitted on (for a refit: on the latest rows), and on rows at
//! the edges. Registration replays them through another runtime and refuses the model when the answers differ.

use tidemark_models::Fitted;

use super::edges::edge_rows;
use super::material::Material;
use super::predict;
use super::signature::last_fold;
use crate::error::Failure;
use crate::job::{FitJob, PARITY_ROWS};
use crate::split::Fold;

/// Rows and outputs, row-major.
pub(super) struct Parity {
    pub(super) rows: usize,
    /// Ordinary rows the model has not seen.
    pub(super) held_out_rows: usize,
    /// Ordinary rows the model was fitted, stopped or calibrated on; only a refit has any.
    pub(super) seen_rows: usize,
    pub(super) input_width: usize,
    pub(super) output_width: usize,
    pub(super) inputs: Vec<f64>,
    pub(super) outputs: Vec<f64>,
}

/// Asks the model for its outputs on ordinary and edge rows. Only edge rows may be refused by the model: a row
/// without an answer has nothing to compare.
///
/// # Errors
/// `INSUFFICIENT_DATA` when fewer than [`PARITY_ROWS`] ordinary rows can be answered.
pub(super) fn record(material: &Material<'_>, job: &FitJob, model: &dyn Fitted) -> Result<Parity, Failure> {
    let fold = last_fold(job)?;
    let ordinary = ordinary_rows(material, job, fold);
    let mut parity = Parity {
        rows: 0,
        held_out_rows: 0,
        seen_rows: 0,
        input_width: material.width,
        output_width: model.output_names().len(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    };
    for row in &ordinary {
        parity.ask(model, row);
    }
    let Some(latest) = ordinary.last().filter(|_| parity.rows == PARITY_ROWS) else {
        return Err(Failure::insufficient(format!(
            "the parity gate needs {PARITY_ROWS} rows, in a walk forward from the last test block on; got {} of which \
             {} can be answered; supply more bars or ask for a longer test block or gate",
            ordinary.len(),
            parity.rows
        )));
    };
    let unseen = material.inputs_from(fold.seen_until()).len() / material.width;
    parity.held_out_rows = unseen.min(PARITY_ROWS);
    parity.seen_rows = PARITY_ROWS - parity.held_out_rows;
    let fitted_on = material.inputs_within(&fold.fit);
    for row in edge_rows(material, model, fitted_on, latest) {
        parity.ask(model, &row);
    }
    Ok(parity)
}

/// [`PARITY_ROWS`] rows, oldest first: spread from the test block to the end, or without a test block the latest. Fewer
/// when there are no more.
fn ordinary_rows<'m>(material: &'m Material<'_>, job: &FitJob, fold: &Fold) -> Vec<&'m [f64]> {
    let from = fold.test.map_or(i64::MIN, |test| test.from);
    let pool: Vec<&[f64]> = material.inputs_from(from).chunks_exact(material.width).collect();
    if job.split.is_refit() {
        return pool[pool.len().saturating_sub(PARITY_ROWS)..].to_vec();
    }
    evenly_spaced(pool.len()).map(|index| pool[index]).collect()
}

/// Indices of [`PARITY_ROWS`] rows spread over `count`, first and last included; all when there are no more.
fn evenly_spaced(count: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(PARITY_ROWS);
    (0..taken).map(move |step| {
        if taken < 2 {
            0
        } else {
            step * (count - 1) / (taken - 1)
        }
    })
}

impl Parity {
    fn ask(&mut self, model: &dyn Fitted, row: &[f64]) {
        let Ok(outputs) = predict(model, row, self.output_width) else {
            return;
        };
        if outputs.iter().all(|output| output.is_finite()) {
            self.inputs.extend_from_slice(row);
            self.outputs.extend(outputs);
            self.rows += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_without_repeats() {
        assert_eq!(evenly_spaced(0).count(), 0);
        assert_eq!(evenly_spaced(1).collect::<Vec<_>>(), [0]);
        assert_eq!(
            evenly_spaced(256).collect::<Vec<_>>(),
            (0..256).collect::<Vec<_>>()
        );
        for count in [257, 500, 739, 10_000] {
            let indices: Vec<usize> = evenly_spaced(count).collect();
            assert_eq!((indices.len(), indices[0], indices[255]), (256, 0, count - 1));
            assert!(indices.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
