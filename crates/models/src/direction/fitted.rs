//! What the fitted direction models have in common.

use crate::{Fitted, ModelError, ModelMetadata, OutputSpec, Result};
use serde_json::Value;
use tidemark_onnx::{DataType, Dim, GraphBuilder, Value as Tensored, encode_model};

/// A fitted direction model: the same arithmetic natively and as a graph.
pub(crate) trait DirectionModel: Send {
    /// Values per row.
    fn width(&self) -> usize;
    /// Probability for one row of the right width.
    fn probability(&self, row: &[f64]) -> Result<f64>;
    /// Probabilities `[N, 1]` from rows `[N, width]`.
    fn add_to(&self, graph: &mut GraphBuilder, rows: &Tensored) -> Tensored;
}

/// A model with what its fit reported.
pub(crate) struct FittedDirection<M> {
    pub(crate) model: M,
    pub(crate) report: Value,
    pub(crate) params: Value,
}

impl<M: DirectionModel> Fitted for FittedDirection<M> {
    fn output_names(&self) -> Vec<OutputSpec> {
        vec![OutputSpec {
            name: "probability".to_owned(),
            unit: "probability".to_owned(),
            min: Some(0.0),
            max: Some(1.0),
        }]
    }

    fn predict(&self, row: &[f64], out: &mut [f64]) -> Result<(), ModelError> {
        let width = self.model.width();
        if row.len() != width {
            return Err(ModelError::rows(format!(
                "a row has {width} values, got {}",
                row.len()
            )));
        }
        let [probability] = out else {
            return Err(ModelError::rows(format!(
                "the output has 1 value, got room for {}",
                out.len()
            )));
        };
        *probability = self.model.probability(row)?;
        Ok(())
    }

    fn to_onnx(&self, meta: &ModelMetadata) -> Result<Vec<u8>, ModelError> {
        let mut graph = GraphBuilder::new("direction");
        let dims = |width| [Dim::Symbol("N"), Dim::Fixed(width)];
        let rows = graph.input("row", DataType::F64, &dims(self.model.width()));
        let probability = self.model.add_to(&mut graph, &rows);
        graph.output("output", &probability, DataType::F64, &dims(1));
        Ok(encode_model(graph, &meta.entries())?)
    }

    fn report(&self) -> Value {
        self.report.clone()
    }

    fn params(&self) -> Value {
        self.params.clone()
    }
}
