use serde::{Deserialize, Serialize};

use crate::{Column, IndicatorError};

/// How the values of an input are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InputKind {
    /// The value of a column at the bar.
    Column {
        /// Which column.
        column: Column,
    },
    /// The last `length` values of a column, oldest first, NaN at the front where history is shorter.
    Window {
        /// Which column.
        column: Column,
        /// Number of values.
        length: usize,
    },
    /// Share of positive labels among all labels matured by the bar.
    MaturedLabelRate,
}

/// One named input of a model: a scalar, or a window that takes several places of the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSpec {
    /// Name by which callers address the input.
    pub name: String,
    /// How its values are made.
    #[serde(flatten)]
    pub kind: InputKind,
}

impl InputSpec {
    /// An input that carries a column under the column's own name.
    #[must_use]
    pub fn column(column: Column) -> Self {
        Self {
            name: column.to_string(),
            kind: InputKind::Column { column },
        }
    }

    /// A window over a column.
    #[must_use]
    pub fn window(name: &str, column: Column, length: usize) -> Self {
        Self {
            name: name.to_owned(),
            kind: InputKind::Window { column, length },
        }
    }

    /// The matured label rate under its usual name.
    #[must_use]
    pub fn matured_label_rate() -> Self {
        Self {
            name: "matured_label_rate".to_owned(),
            kind: InputKind::MaturedLabelRate,
        }
    }

    /// Places it takes in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        match self.kind {
            InputKind::Column { .. } | InputKind::MaturedLabelRate => 1,
            InputKind::Window { length, .. } => length,
        }
    }

    /// The unit stated in model signatures.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        match self.kind {
            InputKind::Column { column } | InputKind::Window { column, .. } => column.unit(),
            InputKind::MaturedLabelRate => "probability",
        }
    }
}

/// Length of a row: the widths of its inputs in order.
#[must_use]
pub fn row_width(inputs: &[InputSpec]) -> usize {
    inputs.iter().map(InputSpec::width).sum()
}

/// Checks that a list of inputs describes a row.
///
/// # Errors
/// [`IndicatorError::InputSpec`] for an empty or repeated name, or a window whose length is zero or absurd.
pub fn check_inputs(inputs: &[InputSpec]) -> Result<(), IndicatorError> {
    // A window longer than this is a typing error; the bound also keeps row sizes far from overflow.
    const LONGEST_WINDOW: usize = 100_000;
    for (position, input) in inputs.iter().enumerate() {
        let reason = if input.name.is_empty() {
            "the name must not be empty"
        } else if inputs[..position]
            .iter()
            .any(|earlier| earlier.name == input.name)
        {
            "the name is used twice"
        } else if input.width() == 0 {
            "the window length must be at least 1"
        } else if input.width() > LONGEST_WINDOW {
            "the window length must not exceed 100000"
        } else {
            continue;
        };
        return Err(IndicatorError::InputSpec {
            position,
            name: input.name.clone(),
            reason,
        });
    }
    Ok(())
}
