//! The part of a model's signature that decides which input values may be missing.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{InferError, Result};

/// Metadata key of the signature.
pub(crate) const SIGNATURE_KEY: &str = "tidemark.signature";

/// A run of columns under one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) width: usize,
    /// A window's history may be shorter than the window: it then starts with NaN.
    pub(crate) may_start_with_nan: bool,
}

#[derive(Deserialize)]
struct Signature {
    inputs: Vec<SignatureInput>,
    outputs: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct SignatureInput {
    kind: String,
    width: usize,
}

/// The segments of a row: from the signature when there is one, otherwise every column must be finite.
pub(crate) fn segments(
    custom: &BTreeMap<String, String>,
    row_width: usize,
    output_width: usize,
) -> Result<Vec<Segment>> {
    let Some(text) = custom.get(SIGNATURE_KEY) else {
        return Ok(vec![Segment {
            width: row_width,
            may_start_with_nan: false,
        }]);
    };
    let signature: Signature = serde_json::from_str(text)
        .map_err(|error| InferError::invalid(format!("its {SIGNATURE_KEY} is not a signature: {error}")))?;
    let declared = signature
        .inputs
        .iter()
        .try_fold(0usize, |sum, input| sum.checked_add(input.width));
    if declared != Some(row_width) || signature.outputs.len() != output_width {
        return Err(InferError::invalid(format!(
            "its signature declares {declared:?} input columns and {} outputs, the graph has {row_width} and {output_width}",
            signature.outputs.len()
        )));
    }
    Ok(signature
        .inputs
        .iter()
        .map(|input| Segment {
            width: input.width,
            may_start_with_nan: input.kind == "window",
        })
        .collect())
}

/// The first column of `row` that breaks its segment's rule. Infinity is never allowed.
pub(crate) fn first_not_finite(segments: &[Segment], row: &[f64]) -> Option<usize> {
    // All finite is the common case and one tight loop over contiguous memory.
    if row.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut start = 0;
    for segment in segments {
        let part = row.get(start..start + segment.width)?;
        let skipped = if segment.may_start_with_nan {
            part.iter().take_while(|value| value.is_nan()).count()
        } else {
            0
        };
        if let Some(offset) = part[skipped..].iter().position(|value| !value.is_finite()) {
            return Some(start + skipped + offset);
        }
        start += segment.width;
    }
    None
}

#[cfg(test)]
mod tests {
    use tidemark_core::Code;

    use super::*;

    const WINDOWED: [Segment; 2] = [
        Segment {
            width: 1,
            may_start_with_nan: false,
        },
        Segment {
            width: 3,
            may_start_with_nan: true,
        },
    ];

    fn custom(signature: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(SIGNATURE_KEY.to_owned(), signature.to_owned())])
    }

    #[test]
    fn only_a_leading_run_of_a_window_may_be_nan() {
        assert_eq!(first_not_finite(&WINDOWED, &[1.0, f64::NAN, f64::NAN, 2.0]), None);
        assert_eq!(
            first_not_finite(&WINDOWED, &[1.0, f64::NAN, f64::NAN, f64::NAN]),
            None
        );
        assert_eq!(first_not_finite(&WINDOWED, &[1.0, 2.0, f64::NAN, 2.0]), Some(2));
        assert_eq!(first_not_finite(&WINDOWED, &[f64::NAN, 2.0, 2.0, 2.0]), Some(0));
        assert_eq!(
            first_not_finite(&WINDOWED, &[1.0, f64::NAN, f64::INFINITY, 2.0]),
            Some(2)
        );
    }

    #[test]
    fn without_a_signature_every_column_must_be_finite() {
        let plain = segments(&BTreeMap::new(), 2, 1).unwrap();
        assert_eq!(first_not_finite(&plain, &[f64::NAN, 1.0]), Some(0));
    }

    #[test]
    fn a_signature_gives_one_segment_per_input() {
        let text = r#"{"version":1,"inputs":[{"name":"a","kind":"column","width":1},{"name":"b","kind":"window","width":3}],"outputs":[{"name":"p"}]}"#;
        assert_eq!(segments(&custom(text), 4, 1).unwrap(), WINDOWED);
    }

    #[test]
    fn a_signature_that_contradicts_the_graph_is_refused() {
        let text = r#"{"inputs":[{"kind":"column","width":1}],"outputs":[{}]}"#;
        for (row_width, output_width) in [(2, 1), (1, 2)] {
            assert_eq!(
                segments(&custom(text), row_width, output_width)
                    .unwrap_err()
                    .code(),
                "MODEL_INVALID"
            );
        }
        assert_eq!(segments(&custom("{"), 1, 1).unwrap_err().code(), "MODEL_INVALID");
    }
}
