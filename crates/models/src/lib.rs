//! Estimators of the two tasks, direction and volatility, and their export to ONNX.
//!
//! A [`Family`] names its inputs, checks its parameters and fits; what it returns, a [`Fitted`] model, predicts one
//! row natively and writes itself as an ONNX graph. Both ways of predicting agree to 1e-12 relative, which the
//! parity gate at registration relies on. Families hold no state between calls: whatever a prediction depends on
//! is in its input row.
//!
//! Every graph has one input tensor `row` (f64 `[N, W]`, the inputs of the signature side by side) and one output
//! tensor `output` (f64 `[N, M]`). A row from which no forecast can be made is an error natively and NaN in every
//! output of the graph.

mod calibration;
mod contract;
mod direction;
mod error;
pub mod gbdt;
mod metadata;
mod params;
mod rows;
mod scaling;
mod volatility;

pub use contract::{Family, Fitted, OutputSpec, Progress, SilentProgress, SliceNeeds, Task, WindowParams};
pub use direction::{BaseRate, Gbdt, Logistic, LogisticParams};
pub use error::{ModelError, Result};
pub use metadata::{FAMILY_KEY, ModelMetadata, SIGNATURE_KEY, TRAINING_KEY};
pub use rows::{Rows, Slices};
pub use volatility::{Ewma, GjrGarchT, LogHar, garch};

/// Every family this build knows, in the order in which they are tried.
#[must_use]
pub fn families() -> Vec<Box<dyn Family>> {
    vec![
        Box::new(BaseRate),
        Box::new(Logistic),
        Box::new(Gbdt),
        Box::new(Ewma),
        Box::new(LogHar),
        Box::new(GjrGarchT),
    ]
}

/// The family of this name, or `None`.
#[must_use]
pub fn family(name: &str) -> Option<Box<dyn Family>> {
    families().into_iter().find(|family| family.name() == name)
}
