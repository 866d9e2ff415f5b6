//! Features, labels and weights, by the code that training uses.

use napi::bindgen_prelude::{Float64Array, Float64ArraySlice, Int32Array};
use napi_derive::napi;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tidemark_indicators::{
    InputSpec, Label, LabelSpec, input_rows_into, labels as compute_labels, uniqueness as weigh,
};

use crate::arrays::output_slice;
use crate::bars::bars;
use crate::edge::{Fault, Result, guard};

#[derive(Deserialize)]
struct RowSpec {
    inputs: Vec<InputSpec>,
    label: LabelSpec,
}

/// Labels by bar.
#[napi(object)]
pub struct LabelColumns {
    /// The label, NaN where it has not matured.
    pub value: Float64Array,
    /// Bar whose close opens the label's interval, -1 where it has not matured.
    pub start_index: Int32Array,
    /// Bar at which the label matures, -1 where it has not.
    pub end_index: Int32Array,
}

/// Writes the model input rows of bars `from..to` (half-open) into `out`. `spec` is JSON `{inputs, label}`; bars are
/// rows of six: event time in epoch ms, open, high, low, close, volume.
#[napi(catch_unwind)]
pub fn input_rows(
    spec: String,
    bars: &[f64],
    from: u32,
    to: u32,
    mut out: Float64ArraySlice<'_>,
) -> Result<()> {
    guard(|| {
        let spec: RowSpec = parse("input specification", &spec)?;
        let out = output_slice(&mut out, bars)?;
        let bars = self::bars(bars)?;
        Ok(input_rows_into(
            &bars,
            from as usize..to as usize,
            &spec.inputs,
            &spec.label,
            out,
        )?)
    })
}

/// The label of every bar.
#[napi(catch_unwind)]
pub fn labels(label: String, bars: &[f64]) -> Result<LabelColumns> {
    guard(|| {
        let labels = labels_of(&label, bars)?;
        let index = |pick: fn(&Label) -> usize| -> Int32Array {
            labels
                .iter()
                .map(|label| {
                    label
                        .as_ref()
                        .map_or(-1, |label| (pick(label) as u32).cast_signed())
                })
                .collect::<Vec<_>>()
                .into()
        };
        let value = labels
            .iter()
            .map(|label| label.map_or(f64::NAN, |label| label.value))
            .collect::<Vec<_>>();
        Ok(LabelColumns {
            value: value.into(),
            start_index: index(|label| label.start),
            end_index: index(|label| label.end),
        })
    })
}

/// Average uniqueness of the label of every bar, 0 where it has not matured.
#[napi(catch_unwind)]
pub fn uniqueness(label: String, bars: &[f64]) -> Result<Float64Array> {
    guard(|| Ok(weigh(&labels_of(&label, bars)?).into()))
}

fn labels_of(label: &str, bars: &[f64]) -> std::result::Result<Vec<Option<Label>>, Fault> {
    let label: LabelSpec = parse("label specification", label)?;
    Ok(compute_labels(&self::bars(bars)?, &label)?)
}

fn parse<T: DeserializeOwned>(what: &str, json: &str) -> std::result::Result<T, Fault> {
    serde_json::from_str(json)
        .map_err(|error| Fault::new("SPEC_INVALID", format!("{what} is not valid: {error}")))
}
