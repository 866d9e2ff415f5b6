//! A graph with its versions and metadata, as bytes.

use crate::proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use crate::{GraphBuilder, Result};
use prost::Message;

/// Version of the standard operator set we write: old enough for other runtimes, new enough for f64 throughout.
pub const OPSET: i64 = 18;
/// Version of the machine-learning operator set, the first with f64 tree ensembles.
pub const ML_OPSET: i64 = 5;
/// Domain of the machine-learning operators.
pub const ML_DOMAIN: &str = "ai.onnx.ml";
/// Format version written for plain graphs.
pub const IR_VERSION: i64 = 9;
/// Format version written with tree ensembles: the one `ai.onnx.ml` 5 was released with.
pub const IR_VERSION_TREES: i64 = 10;
/// Producer written into every model.
pub const PRODUCER: &str = "tidemark";

/// Encodes a model. No clock, no random names, no unordered maps: the same graph and metadata give the same bytes.
///
/// # Errors
/// [`crate::OnnxError::InvalidGraph`] if the graph contradicts itself.
pub fn encode_model(graph: GraphBuilder, metadata: &[(String, String)]) -> Result<Vec<u8>> {
    let graph = graph.finish()?;
    let mut opset_import = vec![opset("", OPSET)];
    if graph.uses_ml {
        opset_import.push(opset(ML_DOMAIN, ML_OPSET));
    }
    let model = ModelProto {
        ir_version: Some(if graph.uses_ml {
            IR_VERSION_TREES
        } else {
            IR_VERSION
        }),
        opset_import,
        producer_name: Some(PRODUCER.to_owned()),
        graph: Some(graph.proto),
        metadata_props: metadata
            .iter()
            .map(|(key, value)| StringStringEntryProto {
                key: Some(key.clone()),
                value: Some(value.clone()),
            })
            .collect(),
        ..ModelProto::default()
    };
    Ok(model.encode_to_vec())
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    }
}
