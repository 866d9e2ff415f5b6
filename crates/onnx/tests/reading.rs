//! Reading models that may be hostile.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use prost::Message;
use tidemark_core::Code;
use tidemark_onnx::proto::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, SparseTensorProto,
    StringStringEntryProto, TensorProto, TrainingInfoProto, TypeProto, tensor_proto::DataLocation,
    type_proto,
};
use tidemark_onnx::{DataType, Dim, GraphBuilder, Limits, Tensor, encode_model, inspect};

type Change = fn(&mut ModelProto);

fn valid() -> ModelProto {
    let mut graph = GraphBuilder::new("valid");
    let row = graph.input("row", DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(2)]);
    let two = graph.constant(Tensor::scalar(2.0));
    let product = graph.op("Mul", &[&row, &two]);
    graph.output(
        "output",
        &product,
        DataType::F64,
        &[Dim::Symbol("N"), Dim::Fixed(2)],
    );
    ModelProto::decode(encode_model(graph, &[]).unwrap().as_slice()).unwrap()
}

fn code_of(model: &ModelProto) -> &'static str {
    inspect(&model.encode_to_vec(), &Limits::default()).map_or_else(|error| error.code(), |_| "accepted")
}

fn external(tensor: &mut TensorProto) {
    tensor.data_location = Some(DataLocation::External as i32);
    tensor.external_data = vec![StringStringEntryProto {
        key: Some("location".to_owned()),
        value: Some("other.bin".to_owned()),
    }];
}

fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

fn attribute(model: &mut ModelProto, attribute: AttributeProto) {
    graph(model).node[0].attribute.push(attribute);
}

fn external_tensor() -> TensorProto {
    let mut tensor = TensorProto::default();
    external(&mut tensor);
    tensor
}

#[test]
fn each_way_out_of_the_file_is_refused() {
    let cases: [Change; 5] = [
        |model| external(&mut graph(model).initializer[0]),
        |model| graph(model).initializer[0].data_location = Some(DataLocation::External as i32),
        |model| {
            let entry = StringStringEntryProto {
                key: Some("location".to_owned()),
                value: None,
            };
            graph(model).initializer[0].external_data = vec![entry];
        },
        |model| {
            attribute(
                model,
                AttributeProto {
                    t: Some(external_tensor()),
                    ..Default::default()
                },
            );
        },
        |model| {
            let inner = GraphProto {
                initializer: vec![external_tensor()],
                ..Default::default()
            };
            attribute(
                model,
                AttributeProto {
                    g: Some(inner),
                    ..Default::default()
                },
            );
        },
    ];
    for (index, case) in cases.iter().enumerate() {
        let mut model = valid();
        case(&mut model);
        assert_eq!(code_of(&model), "ONNX_EXTERNAL_DATA", "case {index}");
    }
}

#[test]
fn what_is_not_run_is_refused() {
    let cases: [(&str, Change); 13] = [
        ("accepted", |_| {}),
        ("accepted", |model| {
            model.opset_import[0].domain = Some("ai.onnx".to_owned());
        }),
        ("ONNX_UNKNOWN_DOMAIN", |model| {
            model.opset_import.push(OperatorSetIdProto {
                domain: Some("com.example".to_owned()),
                version: Some(1),
            });
        }),
        ("ONNX_UNKNOWN_DOMAIN", |model| {
            graph(model).node[0].domain = Some("ai.onnx.ml".to_owned());
        }),
        ("ONNX_UNKNOWN_DOMAIN", |model| {
            let node = NodeProto {
                domain: Some("com.example".to_owned()),
                ..Default::default()
            };
            let inner = GraphProto {
                node: vec![node],
                ..Default::default()
            };
            attribute(
                model,
                AttributeProto {
                    g: Some(inner),
                    ..Default::default()
                },
            );
        }),
        ("ONNX_UNSUPPORTED_VERSION", |model| model.ir_version = Some(99)),
        ("ONNX_UNSUPPORTED_VERSION", |model| {
            model.opset_import[0].version = Some(99);
        }),
        ("ONNX_UNSUPPORTED_FEATURE", |model| {
            model.functions.push(FunctionProto::default());
        }),
        ("ONNX_UNSUPPORTED_FEATURE", |model| {
            model.training_info.push(TrainingInfoProto::default());
        }),
        ("ONNX_UNSUPPORTED_FEATURE", |model| {
            graph(model).sparse_initializer.push(SparseTensorProto::default());
        }),
        ("ONNX_UNSUPPORTED_FEATURE", |model| {
            let sequence = type_proto::Value::SequenceType(Box::default());
            graph(model).input[0].r#type = Some(TypeProto {
                value: Some(sequence),
                ..Default::default()
            });
        }),
        ("ONNX_MALFORMED", |model| model.graph = None),
        ("ONNX_INVALID_INTERFACE", |model| graph(model).output.clear()),
    ];
    for (index, (code, case)) in cases.iter().enumerate() {
        let mut model = valid();
        case(&mut model);
        assert_eq!(code_of(&model), *code, "case {index}");
    }
}

#[test]
fn an_interface_needs_names_types_and_shapes() {
    let cases: [Change; 4] = [
        |model| graph(model).input[0].name = None,
        |model| graph(model).input[0].r#type = None,
        |model| graph(model).output[0].r#type = None,
        |model| {
            let kind = graph(model).output[0].r#type.as_mut().unwrap();
            let Some(type_proto::Value::TensorType(tensor)) = kind.value.as_mut() else {
                panic!("a tensor")
            };
            tensor.shape = None;
        },
    ];
    for (index, case) in cases.iter().enumerate() {
        let mut model = valid();
        case(&mut model);
        assert_eq!(code_of(&model), "ONNX_INVALID_INTERFACE", "case {index}");
    }
}

#[test]
fn limits_hold_before_anything_is_decoded() {
    let refused = |bytes: &[u8], limits: &Limits| inspect(bytes, limits).unwrap_err().code();
    let small = valid().encode_to_vec();
    assert_eq!(
        refused(
            &small,
            &Limits {
                bytes: small.len() - 1,
                ..Limits::default()
            }
        ),
        "ONNX_LIMIT_EXCEEDED"
    );
    assert_eq!(
        refused(
            &small,
            &Limits {
                messages: 5,
                ..Limits::default()
            }
        ),
        "ONNX_LIMIT_EXCEEDED"
    );
    assert_eq!(
        refused(
            &small,
            &Limits {
                fields: 5,
                ..Limits::default()
            }
        ),
        "ONNX_LIMIT_EXCEEDED"
    );

    // Two bytes a node in the file, some hundred in memory.
    let mut bomb = valid();
    graph(&mut bomb).node = vec![NodeProto::default(); 600_000];
    assert_eq!(code_of(&bomb), "ONNX_LIMIT_EXCEEDED");

    let mut nested = valid();
    for _ in 0..20 {
        let inner = nested.graph.take();
        let node = NodeProto {
            attribute: vec![AttributeProto {
                g: inner,
                ..Default::default()
            }],
            ..Default::default()
        };
        nested.graph = Some(GraphProto {
            node: vec![node],
            ..Default::default()
        });
    }
    assert_eq!(code_of(&nested), "ONNX_LIMIT_EXCEEDED");
}

proptest! {
    #[test]
    fn prop_damaged_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = valid().encode_to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(keep.index(bytes.len()) + 1);
        if let Err(error) = inspect(&bytes, &Limits::default()) {
            prop_assert!(error.code().starts_with("ONNX_"));
        }
    }

    #[test]
    fn prop_random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = inspect(&bytes, &Limits::default()) {
            prop_assert!(error.code().starts_with("ONNX_"));
        }
    }
}
