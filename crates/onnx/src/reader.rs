//! Reading a model that may be hostile.

use crate::proto::{
    AttributeProto, GraphProto, ModelProto, TensorProto, ValueInfoProto, tensor_proto,
    tensor_shape_proto::dimension, type_proto,
};
use crate::{DataType, ML_DOMAIN, ML_OPSET, OnnxError, Result, wire};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Bounds on a file. The defaults admit every model this project writes, with room for imported ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file; default 256 MiB.
    pub bytes: usize,
    /// Graphs inside graphs, the outermost counted; default 8.
    pub graph_depth: usize,
    /// Nodes, attributes, tensors, shapes and their parts; default 500,000.
    pub messages: usize,
    /// Scalars, names and list entries outside raw tensor data; default 16 million.
    pub fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            graph_depth: 8,
            messages: 500_000,
            fields: 16_000_000,
        }
    }
}

/// A declared input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name.
    pub name: String,
    /// Element type.
    pub data_type: DataType,
    /// Lengths, `None` where only a call knows.
    pub dims: Vec<Option<usize>>,
}

/// What a model says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Format version.
    pub ir_version: i64,
    /// Operator sets by domain; the standard one under the empty name.
    pub opsets: BTreeMap<String, i64>,
    /// Inputs that a call must supply, in order.
    pub inputs: Vec<TensorInfo>,
    /// Outputs, in order.
    pub outputs: Vec<TensorInfo>,
    /// Custom metadata.
    pub metadata: BTreeMap<String, String>,
    /// Operators used, with how often, subgraphs included.
    pub operators: BTreeMap<String, usize>,
}

const OLDEST_IR: i64 = 3;
const NEWEST_IR: i64 = 13;
const OLDEST_OPSET: i64 = 7;
const NEWEST_OPSET: i64 = 26;

/// Checks a model and describes it, without running or keeping any of it.
///
/// Refused: files beyond the limits, tensors that live in other files, operator domains other than the standard
/// and `ai.onnx.ml`, local functions, training graphs, sparse and non-tensor values, and interfaces
/// without names, types or shapes.
///
/// # Errors
/// Each refusal is its own [`OnnxError`] variant.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<ModelInfo> {
    wire::check(bytes, limits)?;
    let model = ModelProto::decode(bytes).map_err(|error| OnnxError::Malformed {
        message: error.to_string(),
    })?;
    let graph = model.graph.as_ref().ok_or_else(|| OnnxError::Malformed {
        message: "it holds no graph".to_owned(),
    })?;
    version("format version", model.ir_version(), OLDEST_IR, NEWEST_IR)?;
    let opsets = opsets(&model)?;
    let mut operators = BTreeMap::new();
    check_graph(graph, &opsets, &mut operators)?;
    let constants: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
    let inputs = graph
        .input
        .iter()
        .filter(|input| !constants.contains(input.name()));
    let info = ModelInfo {
        ir_version: model.ir_version(),
        inputs: inputs.map(tensor_info).collect::<Result<_>>()?,
        outputs: graph.output.iter().map(tensor_info).collect::<Result<_>>()?,
        metadata: model
            .metadata_props
            .iter()
            .map(|entry| (entry.key().to_owned(), entry.value().to_owned()))
            .collect(),
        opsets,
        operators,
    };
    if info.inputs.is_empty() || info.outputs.is_empty() {
        return Err(OnnxError::InvalidInterface {
            message: "a model needs an input and an output".to_owned(),
        });
    }
    Ok(info)
}

fn version(what: &'static str, actual: i64, min: i64, max: i64) -> Result<()> {
    if (min..=max).contains(&actual) {
        return Ok(());
    }
    Err(OnnxError::UnsupportedVersion {
        what,
        actual,
        min,
        max,
    })
}

/// The long name of the standard domain means the same as the empty one.
fn canonical(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

fn opsets(model: &ModelProto) -> Result<BTreeMap<String, i64>> {
    let mut opsets = BTreeMap::new();
    for import in &model.opset_import {
        match canonical(import.domain()) {
            "" => version("operator set", import.version(), OLDEST_OPSET, NEWEST_OPSET)?,
            ML_DOMAIN => version("ai.onnx.ml operator set", import.version(), 1, ML_OPSET)?,
            other => {
                return Err(OnnxError::UnknownDomain {
                    domain: other.to_owned(),
                });
            }
        }
        opsets.insert(canonical(import.domain()).to_owned(), import.version());
    }
    Ok(opsets)
}

fn check_graph(
    graph: &GraphProto,
    opsets: &BTreeMap<String, i64>,
    operators: &mut BTreeMap<String, usize>,
) -> Result<()> {
    graph.initializer.iter().try_for_each(check_tensor)?;
    for node in &graph.node {
        let domain = canonical(node.domain());
        if !opsets.contains_key(domain) {
            return Err(OnnxError::UnknownDomain {
                domain: domain.to_owned(),
            });
        }
        *operators.entry(node.op_type().to_owned()).or_default() += 1;
        for attribute in &node.attribute {
            check_attribute(attribute, opsets, operators)?;
        }
    }
    Ok(())
}

fn check_attribute(
    attribute: &AttributeProto,
    opsets: &BTreeMap<String, i64>,
    operators: &mut BTreeMap<String, usize>,
) -> Result<()> {
    attribute
        .t
        .iter()
        .chain(&attribute.tensors)
        .try_for_each(check_tensor)?;
    attribute
        .g
        .iter()
        .chain(&attribute.graphs)
        .try_for_each(|graph| check_graph(graph, opsets, operators))
}

fn check_tensor(tensor: &TensorProto) -> Result<()> {
    let inside = tensor
        .data_location
        .is_none_or(|place| place == tensor_proto::DataLocation::Default as i32);
    if inside && tensor.external_data.is_empty() {
        return Ok(());
    }
    Err(OnnxError::ExternalData {
        tensor: tensor.name().to_owned(),
    })
}

fn tensor_info(value: &ValueInfoProto) -> Result<TensorInfo> {
    let missing = |what: &str| OnnxError::InvalidInterface {
        message: format!("`{}` has no {what}", value.name()),
    };
    let Some(type_proto::Value::TensorType(tensor)) =
        value.r#type.as_ref().and_then(|kind| kind.value.as_ref())
    else {
        return Err(missing("tensor type"));
    };
    if value.name().is_empty() {
        return Err(missing("name"));
    }
    let data_type = DataType::from_proto(tensor.elem_type());
    let shape = tensor.shape.as_ref().ok_or_else(|| missing("shape"))?;
    let dims = shape
        .dim
        .iter()
        .map(|dim| match dim.value {
            Some(dimension::Value::DimValue(length)) => usize::try_from(length)
                .map(Some)
                .map_err(|_| missing("valid shape")),
            _ => Ok(None),
        })
        .collect::<Result<_>>()?;
    Ok(TensorInfo {
        name: value.name().to_owned(),
        data_type,
        dims,
    })
}
