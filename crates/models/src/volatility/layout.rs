//! Where a family's windows lie in a row.

use crate::{ModelError, Result, WindowParams};
use std::ops::Range;
use tidemark_indicators::{Column, InputKind, InputSpec};

/// The places of one window in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Name in the signature.
    pub(crate) name: &'static str,
    /// Places in the row.
    pub(crate) places: Range<usize>,
}

impl Window {
    /// The window's values in a row.
    pub(crate) fn of<'a>(&self, row: &'a [f64]) -> &'a [f64] {
        &row[self.places.clone()]
    }
}

/// Finds a window over `column` called `name` among the inputs of a row.
pub(crate) fn find(inputs: &[InputSpec], name: &'static str, column: Column) -> Result<Window> {
    let mut start = 0;
    for input in inputs {
        if input.name == name {
            return match input.kind {
                InputKind::Window {
                    column: found,
                    length,
                } if found == column => Ok(Window {
                    name,
                    places: start..start + length,
                }),
                _ => Err(ModelError::rows(format!(
                    "input `{name}` must be a window over `{column}`"
                ))),
            };
        }
        start += input.width();
    }
    Err(ModelError::rows(format!(
        "input `{name}`, a window over `{column}`, is missing"
    )))
}

/// Residuals that a window of returns yields at most, after its burn-in.
pub(crate) fn residuals(returns: &Window) -> Result<usize> {
    let required = WindowParams::BURN_IN + WindowParams::MIN_RESIDUALS;
    if returns.places.len() < required {
        return Err(ModelError::Insufficient {
            what: "places of the return window",
            required,
            actual: returns.places.len(),
        });
    }
    Ok(returns.places.len() - WindowParams::BURN_IN)
}

/// Checks the width of a row before its windows are taken out of it.
pub(crate) fn check_width(row: &[f64], width: usize) -> Result<()> {
    if row.len() == width {
        return Ok(());
    }
    Err(ModelError::rows(format!(
        "a row has {width} values, got {}",
        row.len()
    )))
}
