//! Building models.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use prost::Message;
use tidemark_core::Code;
use tidemark_onnx::proto::{ModelProto, attribute_proto::AttributeType};
use tidemark_onnx::{
    Attribute, Branch, DataType, Dim, GraphBuilder, Limits, SplitMode, Tensor, TreeEnsemble, TreeLeaf,
    TreeNode, encode_model, inspect,
};

const ROWS: [Dim<'static>; 2] = [Dim::Symbol("N"), Dim::Fixed(2)];

fn doubled(metadata: &[(String, String)]) -> Vec<u8> {
    let mut graph = GraphBuilder::new("double");
    let row = graph.input("row", DataType::F64, &ROWS);
    let two = graph.constant(Tensor::scalar(2.0));
    let product = graph.op("Mul", &[&row, &two]);
    graph.output("output", &product, DataType::F64, &ROWS);
    encode_model(graph, metadata).unwrap()
}

#[test]
fn the_same_calls_give_the_same_bytes_and_read_back() {
    let metadata = [
        ("b".to_owned(), "1".to_owned()),
        ("a".to_owned(), "ü\n".to_owned()),
    ];
    let bytes = doubled(&metadata);
    assert_eq!(bytes, doubled(&metadata));
    assert_ne!(bytes, doubled(&[]));
    let info = inspect(&bytes, &Limits::default()).unwrap();
    assert_eq!((info.ir_version, info.opsets[""]), (9, 18));
    assert_eq!(info.inputs[0].name, "row");
    assert_eq!(info.outputs[0].data_type, DataType::F64);
    assert_eq!(info.outputs[0].dims, [None, Some(2)]);
    assert_eq!(info.metadata["a"], "ü\n");
    assert_eq!(info.operators["Mul"], 1);
}

#[test]
fn a_subgraph_is_written_and_its_operators_are_found() {
    let mut body = GraphBuilder::new("body");
    let state = body.input("state", DataType::F64, &[Dim::Symbol("N")]);
    let value = body.input("value", DataType::F64, &[Dim::Symbol("N")]);
    let sum = body.op("Add", &[&state, &value]);
    body.output("next", &sum, DataType::F64, &[Dim::Symbol("N")]);
    let mut graph = GraphBuilder::new("outer");
    let row = graph.input("row", DataType::F64, &ROWS);
    let start = graph.constant(Tensor::f64(&[1], &[0.0]));
    let attributes = vec![
        ("body", Attribute::Graph(body.finish().unwrap())),
        ("num_scan_inputs", Attribute::Int(1)),
    ];
    let last = graph.node("Scan", &[&start, &row], attributes);
    graph.output("output", &last, DataType::F64, &[Dim::Symbol("N")]);
    let info = inspect(&encode_model(graph, &[]).unwrap(), &Limits::default()).unwrap();
    assert_eq!((info.operators["Scan"], info.operators["Add"]), (1, 1));
}

#[test]
fn contradictions_are_reported_when_the_graph_is_finished() {
    let build = |add: &dyn Fn(&mut GraphBuilder)| {
        let mut graph = GraphBuilder::new("broken");
        add(&mut graph);
        graph.finish().unwrap_err().code()
    };
    assert_eq!(build(&|_| {}), "ONNX_INVALID_GRAPH");
    assert_eq!(
        build(&|graph| {
            let value = graph.constant(Tensor::f64(&[3], &[1.0]));
            graph.output("output", &value, DataType::F64, &ROWS);
        }),
        "ONNX_INVALID_GRAPH"
    );
    assert_eq!(
        build(&|graph| {
            let value = graph.input("same", DataType::F64, &ROWS);
            graph.output("same", &value, DataType::F64, &ROWS);
        }),
        "ONNX_INVALID_GRAPH"
    );
}

fn stump() -> TreeEnsemble {
    TreeEnsemble {
        targets: 1,
        nodes: vec![TreeNode {
            feature: 1,
            mode: SplitMode::LessOrEqual,
            split: 0.1,
            missing_goes_true: false,
            when_true: Branch::Leaf(0),
            when_false: Branch::Leaf(1),
        }],
        leaves: vec![
            TreeLeaf {
                target: 0,
                weight: 0.3,
            },
            TreeLeaf {
                target: 0,
                weight: -0.3,
            },
        ],
        roots: vec![0],
    }
}

fn encode(ensemble: &TreeEnsemble) -> tidemark_onnx::Result<Vec<u8>> {
    let mut graph = GraphBuilder::new("trees");
    let row = graph.input("row", DataType::F64, &ROWS);
    let sum = ensemble.add_to(&mut graph, &row, 2);
    graph.output("output", &sum, DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(1)]);
    encode_model(graph, &[])
}

#[test]
fn trees_keep_f64_thresholds_and_write_zero_valued_attributes() {
    let mut ensemble = stump();
    ensemble.push_constant_tree(0, 0.01);
    let bytes = encode(&ensemble).unwrap();
    let info = inspect(&bytes, &Limits::default()).unwrap();
    assert_eq!((info.ir_version, info.opsets["ai.onnx.ml"]), (10, 5));
    let model = ModelProto::decode(bytes.as_slice()).unwrap();
    let node = &model.graph.as_ref().unwrap().node[0];
    let attribute = |name: &str| {
        node.attribute
            .iter()
            .find(|attribute| attribute.name() == name)
            .unwrap()
    };
    assert_eq!(attribute("post_transform").i, Some(0));
    assert_eq!(attribute("tree_roots").ints, [0, 1]);
    assert_eq!(
        attribute("nodes_splits").r#type,
        Some(AttributeType::Tensor as i32)
    );
    let splits = attribute("nodes_splits").t.as_ref().unwrap().raw_data().to_vec();
    assert_eq!(splits, [0.1_f64.to_le_bytes(), 0.0_f64.to_le_bytes()].concat());
}

#[test]
fn broken_trees_are_refused() {
    let breakages: [fn(&mut TreeEnsemble); 8] = [
        |trees| trees.roots.clear(),
        |trees| trees.roots[0] = 1,
        |trees| trees.nodes[0].feature = 2,
        |trees| trees.nodes[0].split = f64::NAN,
        |trees| trees.nodes[0].when_true = Branch::Node(0),
        |trees| trees.nodes[0].when_false = Branch::Leaf(2),
        |trees| trees.leaves[1].target = 1,
        |trees| trees.leaves[1].weight = f64::INFINITY,
    ];
    for (index, breakage) in breakages.iter().enumerate() {
        let mut ensemble = stump();
        breakage(&mut ensemble);
        assert_eq!(
            encode(&ensemble).unwrap_err().code(),
            "ONNX_INVALID_GRAPH",
            "breakage {index}"
        );
    }
}
