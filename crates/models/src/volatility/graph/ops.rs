//! Small vocabulary over f64 matrices `[N, columns]`, so that graphs read as formulas.

use std::ops::Range;
use tidemark_onnx::{Attribute, DataType, GraphBuilder, Tensor, Value};

/// Adds nodes to a graph.
pub(crate) struct Ops<'a> {
    graph: &'a mut GraphBuilder,
}

impl<'a> Ops<'a> {
    pub(crate) fn new(graph: &'a mut GraphBuilder) -> Self {
        Self { graph }
    }

    /// A node without attributes.
    pub(crate) fn op(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.graph.op(operator, inputs)
    }

    /// A constant that broadcasts.
    pub(crate) fn scalar(&mut self, value: f64) -> Value {
        self.graph.constant(Tensor::scalar(value))
    }

    /// A constant matrix or row.
    pub(crate) fn constant(&mut self, dims: &[usize], values: &[f64]) -> Value {
        self.graph.constant(Tensor::f64(dims, values))
    }

    /// A list of integers: axes, shapes, bounds.
    pub(crate) fn indices(&mut self, values: &[i64]) -> Value {
        self.graph.constant(Tensor::indices(values))
    }

    /// The row `[1, length]` of `first`, `first + 1`, ….
    pub(crate) fn positions(&mut self, first: i64, length: usize) -> Value {
        let values: Vec<f64> = (0..length).map(|index| first as f64 + index as f64).collect();
        self.constant(&[1, length], &values)
    }

    /// Some of the columns.
    pub(crate) fn columns(&mut self, matrix: &Value, range: Range<usize>) -> Value {
        let bounds = [[range.start as i64], [range.end as i64], [1]].map(|list| self.indices(&list));
        self.op("Slice", &[matrix, &bounds[0], &bounds[1], &bounds[2]])
    }

    /// Columns side by side.
    pub(crate) fn concat_columns(&mut self, parts: &[&Value]) -> Value {
        self.graph
            .node("Concat", parts, vec![("axis", Attribute::Int(1))])
    }

    /// Columns of one constant before and after those of a matrix.
    pub(crate) fn pad_columns(&mut self, matrix: &Value, before: usize, after: usize, value: f64) -> Value {
        let pads = self.indices(&[0, before as i64, 0, after as i64]);
        let value = self.scalar(value);
        self.op("Pad", &[matrix, &pads, &value])
    }

    /// Sum over each row, as one column.
    pub(crate) fn row_sum(&mut self, matrix: &Value) -> Value {
        let axis = self.indices(&[1]);
        self.graph.node(
            "ReduceSum",
            &[matrix, &axis],
            vec![("keepdims", Attribute::Int(1))],
        )
    }

    /// Another shape; 0 keeps a dimension.
    pub(crate) fn reshape(&mut self, value: &Value, shape: &[i64]) -> Value {
        let shape = self.indices(shape);
        self.graph.node(
            "Reshape",
            &[value, &shape],
            vec![("allowzero", Attribute::Int(0))],
        )
    }

    /// Another element type.
    pub(crate) fn cast(&mut self, value: &Value, to: DataType) -> Value {
        self.graph.node(
            "Cast",
            &[value],
            vec![("to", Attribute::Int(i64::from(to.to_proto())))],
        )
    }

    /// The `count` smallest values of each row, ascending.
    pub(crate) fn smallest(&mut self, matrix: &Value, count: usize) -> Value {
        let count = self.indices(&[count as i64]);
        let attributes = vec![
            ("axis", Attribute::Int(1)),
            ("largest", Attribute::Int(0)),
            ("sorted", Attribute::Int(1)),
        ];
        let [values, _places] = self.graph.node_outputs("TopK", &[matrix, &count], attributes);
        values
    }

    /// One value per row, at that row's own column.
    pub(crate) fn pick(&mut self, matrix: &Value, column: &Value) -> Value {
        self.graph.node(
            "GatherElements",
            &[matrix, column],
            vec![("axis", Attribute::Int(1))],
        )
    }

    /// The same slice of the last axis for all: drops that axis.
    pub(crate) fn last(&mut self, value: &Value, index: usize, axis: i64) -> Value {
        let index = self.graph.constant(Tensor::i64(&[], &[index as i64]));
        self.graph
            .node("Gather", &[value, &index], vec![("axis", Attribute::Int(axis))])
    }

    /// True where a value is neither NaN nor infinite.
    pub(crate) fn finite(&mut self, value: &Value) -> Value {
        let size = self.op("Abs", &[value]);
        let largest = self.scalar(f64::MAX);
        self.op("LessOrEqual", &[&size, &largest])
    }

    /// True where all are.
    pub(crate) fn all(&mut self, first: &Value, others: &[&Value]) -> Value {
        others
            .iter()
            .fold(first.clone(), |left, right| self.op("And", &[&left, right]))
    }

    /// Per row: true where no element is.
    pub(crate) fn none_in_row(&mut self, condition: &Value) -> Value {
        let ones = self.cast(condition, DataType::F64);
        let count = self.row_sum(&ones);
        let zero = self.scalar(0.0);
        self.op("Equal", &[&count, &zero])
    }
}
