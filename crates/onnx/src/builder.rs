//! Putting a graph together.

use crate::proto::{
    AttributeProto, GraphProto, NodeProto, TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType, tensor_shape_proto::Dimension, tensor_shape_proto::dimension, type_proto,
};
use crate::{DataType, OnnxError, Result, Tensor};
use std::collections::BTreeSet;

/// A named tensor inside a graph: an input, a constant or the output of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// The tensor's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// One dimension of a declared shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim<'a> {
    /// A known length.
    Fixed(usize),
    /// A named length that only a call knows, for example the number of rows.
    Symbol(&'a str),
}

/// A node's attribute. Every attribute that matters is written, never left to a default.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// One integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// One constant tensor.
    Tensor(Tensor),
    /// A subgraph, for example the body of a `Scan`.
    Graph(Graph),
}

/// A finished graph, used as a subgraph or encoded as a model.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) proto: GraphProto,
    pub(crate) uses_ml: bool,
}

/// Builds one graph. Names are made from the graph's name and a counter, so they are the same on every run, and a
/// subgraph with a name of its own never shadows names of the graph around it.
///
/// A contradiction (a tensor whose values do not fill its shape, a name declared twice) is remembered and reported by
/// [`GraphBuilder::finish`], so that building reads as a sequence of formulas.
#[derive(Debug)]
pub struct GraphBuilder {
    graph: GraphProto,
    names: BTreeSet<String>,
    uses_ml: bool,
    fault: Option<String>,
}

impl GraphBuilder {
    /// An empty graph.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let graph = GraphProto {
            name: Some(name.to_owned()),
            ..GraphProto::default()
        };
        Self {
            graph,
            names: BTreeSet::new(),
            uses_ml: false,
            fault: None,
        }
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, data_type: DataType, dims: &[Dim<'_>]) -> Value {
        self.declare(name);
        self.graph.input.push(value_info(name, data_type, dims));
        Value(name.to_owned())
    }

    /// Adds a constant.
    pub fn constant(&mut self, tensor: Tensor) -> Value {
        let expected: usize = tensor.dims.iter().product();
        if expected != tensor.count {
            self.fail(format!(
                "a constant of shape {:?} has {} values",
                tensor.dims, tensor.count
            ));
        }
        let name = self.fresh("const", self.graph.initializer.len());
        self.graph.initializer.push(tensor.into_proto(Some(name.clone())));
        Value(name)
    }

    /// Adds a node without attributes and with one output.
    pub fn op(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.node(operator, inputs, Vec::new())
    }

    /// Adds a node with one output.
    pub fn node(&mut self, operator: &str, inputs: &[&Value], attributes: Vec<(&str, Attribute)>) -> Value {
        let [value] = self.node_outputs(operator, inputs, attributes);
        value
    }

    /// Adds a node with `COUNT` outputs.
    pub fn node_outputs<const COUNT: usize>(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<(&str, Attribute)>,
    ) -> [Value; COUNT] {
        self.push("", operator, inputs, attributes)
    }

    /// Adds an `ai.onnx.ml` node with one output.
    pub(crate) fn ml_node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<(&str, Attribute)>,
    ) -> Value {
        self.uses_ml = true;
        let [value] = self.push(crate::ML_DOMAIN, operator, inputs, attributes);
        value
    }

    /// Declares `value` as an output under `name`.
    pub fn output(&mut self, name: &str, value: &Value, data_type: DataType, dims: &[Dim<'_>]) {
        self.declare(name);
        self.graph.node.push(NodeProto {
            name: Some(format!("{}.{name}", self.graph.name())),
            op_type: Some("Identity".to_owned()),
            input: vec![value.0.clone()],
            output: vec![name.to_owned()],
            ..NodeProto::default()
        });
        self.graph.output.push(value_info(name, data_type, dims));
    }

    /// The finished graph.
    ///
    /// # Errors
    /// [`OnnxError::InvalidGraph`] with the first contradiction met while building.
    pub fn finish(mut self) -> Result<Graph> {
        if self.fault.is_none() && self.graph.output.is_empty() {
            self.fail("it has no output".to_owned());
        }
        match self.fault {
            Some(message) => Err(OnnxError::InvalidGraph {
                graph: self.graph.name().to_owned(),
                message,
            }),
            None => Ok(Graph {
                proto: self.graph,
                uses_ml: self.uses_ml,
            }),
        }
    }

    /// Remembers a contradiction; the first one is kept.
    pub(crate) fn fail(&mut self, message: String) {
        self.fault.get_or_insert(message);
    }

    fn push<const COUNT: usize>(
        &mut self,
        domain: &str,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<(&str, Attribute)>,
    ) -> [Value; COUNT] {
        let name = self.fresh(operator, self.graph.node.len());
        let outputs: [Value; COUNT] = std::array::from_fn(|index| {
            Value(if index == 0 {
                name.clone()
            } else {
                format!("{name}.{index}")
            })
        });
        let attribute = attributes
            .into_iter()
            .map(|(key, attribute)| {
                self.uses_ml |= matches!(&attribute, Attribute::Graph(graph) if graph.uses_ml);
                attribute_proto(key, attribute)
            })
            .collect();
        self.graph.node.push(NodeProto {
            name: Some(name),
            op_type: Some(operator.to_owned()),
            domain: (!domain.is_empty()).then(|| domain.to_owned()),
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: outputs.iter().map(|value| value.0.clone()).collect(),
            attribute,
            ..NodeProto::default()
        });
        outputs
    }

    fn fresh(&mut self, what: &str, count: usize) -> String {
        let name = format!("{}.{what}.{count}", self.graph.name());
        self.declare(&name);
        name
    }

    fn declare(&mut self, name: &str) {
        if !self.names.insert(name.to_owned()) {
            self.fail(format!("the name `{name}` is declared twice"));
        }
    }
}

fn attribute_proto(name: &str, attribute: Attribute) -> AttributeProto {
    let mut proto = AttributeProto {
        name: Some(name.to_owned()),
        ..AttributeProto::default()
    };
    let kind = match attribute {
        Attribute::Int(value) => {
            proto.i = Some(value);
            AttributeType::Int
        }
        Attribute::Ints(values) => {
            proto.ints = values;
            AttributeType::Ints
        }
        Attribute::Tensor(tensor) => {
            proto.t = Some(tensor.into_proto(None));
            AttributeType::Tensor
        }
        Attribute::Graph(graph) => {
            proto.g = Some(graph.proto);
            AttributeType::Graph
        }
    };
    proto.r#type = Some(kind as i32);
    proto
}

fn value_info(name: &str, data_type: DataType, dims: &[Dim<'_>]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|dim| {
            let value = match dim {
                Dim::Fixed(length) => dimension::Value::DimValue(*length as i64),
                Dim::Symbol(symbol) => dimension::Value::DimParam((*symbol).to_owned()),
            };
            Dimension {
                value: Some(value),
                ..Dimension::default()
            }
        })
        .collect();
    let tensor = type_proto::Tensor {
        elem_type: Some(data_type.to_proto()),
        shape: Some(TensorShapeProto { dim }),
    };
    let r#type = TypeProto {
        value: Some(type_proto::Value::TensorType(tensor)),
        ..TypeProto::default()
    };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(r#type),
        ..ValueInfoProto::default()
    }
}
