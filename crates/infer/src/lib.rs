//! Loading ONNX models safely and running them through ONNX Runtime.
//!
//! The order of use is [`init_runtime`] once per process, [`Model::load`] per artifact, then a [`RowRunner`] per
//! thread that scores with it.
//!
//! Every model is seen as a function from one flat `f64` row to one flat `f64` row: the graph's inputs and
//! outputs, in graph order, each two-dimensional with the rows first. Casts to and from the graph's own element
//! types happen here, so callers handle `f64` only.
//!
//! Ownership and threads: a [`Model`] may be shared between threads (ONNX Runtime's CPU provider allows concurrent
//! runs of one session). A [`RowRunner`] belongs to one thread because it writes into its own buffers. Nothing here
//! locks on the prediction path.

mod elf;
mod error;
mod handles;
mod inspect;
mod model;
mod ports;
mod row_runner;
mod runtime;
mod signature;
mod tensors;

pub use error::{InferError, Result};
pub use handles::HandleTable;
pub use model::{LoadOptions, Model, ModelMetadata};
pub use ports::{ElementType, Port};
pub use row_runner::RowRunner;
pub use runtime::init_runtime;
