//! The inputs and outputs of a graph, as columns of one flat row.

use ort::session::Session;
use ort::value::{Outlet, TensorElementType, ValueType};

use crate::error::{InferError, Result};

/// Element types that are cast to and from `f64` at the graph's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// 32-bit float; rounding to it happens on the way in.
    F32,
    /// 64-bit float.
    F64,
    /// 64-bit integer; outputs only (class labels).
    I64,
}

impl ElementType {
    /// The name used in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I64 => "i64",
        }
    }
}

/// One graph input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Name in the graph.
    pub name: String,
    /// Columns it takes in the flat row.
    pub width: usize,
    /// Element type in the graph.
    pub element: ElementType,
}

/// All ports of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

impl Ports {
    pub(crate) fn of(session: &Session) -> Result<Self> {
        let inputs = ports(session.inputs(), "input")?;
        let outputs = ports(session.outputs(), "output")?;
        if inputs.is_empty() || outputs.is_empty() {
            return Err(unsupported(
                "a graph needs at least one input and one output".to_owned(),
            ));
        }
        if let Some(port) = inputs.iter().find(|port| port.element == ElementType::I64) {
            return Err(unsupported(format!(
                "input {} is int64; inputs must be float32 or float64",
                port.name
            )));
        }
        Ok(Self { inputs, outputs })
    }

    pub(crate) fn row_width(&self) -> usize {
        self.inputs.iter().map(|port| port.width).sum()
    }

    pub(crate) fn output_width(&self) -> usize {
        self.outputs.iter().map(|port| port.width).sum()
    }
}

fn ports(outlets: &[Outlet], side: &str) -> Result<Vec<Port>> {
    outlets.iter().map(|outlet| port(outlet, side)).collect()
}

fn port(outlet: &Outlet, side: &str) -> Result<Port> {
    let name = outlet.name();
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(unsupported(format!("{side} {name} is not a tensor")));
    };
    let element = match ty {
        TensorElementType::Float32 => ElementType::F32,
        TensorElementType::Float64 => ElementType::F64,
        TensorElementType::Int64 => ElementType::I64,
        other => return Err(unsupported(format!("{side} {name} has elements of type {other}"))),
    };
    // ONNX Runtime writes a dynamic dimension as -1.
    let width = match shape[..] {
        [-1 | 1, columns] if columns > 0 => columns as usize,
        _ => {
            let dimensions = &shape[..];
            return Err(unsupported(format!(
                "{side} {name} has shape {dimensions:?}; expected [N or 1, columns] with a declared number of columns"
            )));
        }
    };
    Ok(Port {
        name: name.to_owned(),
        width,
        element,
    })
}

fn unsupported(reason: String) -> InferError {
    InferError::ModelUnsupported { reason }
}
