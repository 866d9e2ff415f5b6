//! Writing and inspecting ONNX models.
//!
//! [`GraphBuilder`] puts a graph together node by node and [`encode_model`] turns it into bytes: the same calls give
//! the same bytes. [`TreeEnsemble`] writes gradient-boosted trees as one `ai.onnx.ml` 5 node in f64. [`inspect`] reads
//! a file that may be hostile: sizes, counts and nesting are bounded before anything is allocated, and
//! whatever could make a runtime read other files or run foreign operators is refused.
//!
//! ```
//! use tidemark_onnx::{DataType, Dim, GraphBuilder, Limits, Tensor, encode_model, inspect};
//!
//! let mut graph = GraphBuilder::new("double");
//! let row = graph.input("row", DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(3)]);
//! let two = graph.constant(Tensor::scalar(2.0));
//! let doubled = graph.op("Mul", &[&row, &two]);
//! graph.output("output", &doubled, DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(3)]);
//! let bytes = encode_model(graph, &[]).unwrap();
//! assert_eq!(inspect(&bytes, &Limits::default()).unwrap().inputs[0].dims, [None, Some(3)]);
//! ```

#![allow(
    clippy::cast_possible_wrap,
    reason = "lengths and indices are far below 2^63; the format wants i64"
)]

mod builder;
mod error;
mod generated;
mod model;
mod reader;
mod tensor;
mod tree;
mod wire;

pub use builder::{Attribute, Dim, Graph, GraphBuilder, Value};
pub use error::{OnnxError, Result};
pub use generated::onnx as proto;
pub use model::{IR_VERSION, IR_VERSION_TREES, ML_DOMAIN, ML_OPSET, OPSET, PRODUCER, encode_model};
pub use reader::{Limits, ModelInfo, TensorInfo, inspect};
pub use tensor::{DataType, Tensor};
pub use tree::{Branch, SplitMode, TreeEnsemble, TreeLeaf, TreeNode};
