//! Writes a `Scan` model and a tree ensemble with rows and expected answers, for the reference checker and runtime:
//!
//! ```text
//! cargo run --release -p tidemark-onnx --example export_samples -- DIR
//! python tests/golden/generate/check_exports.py DIR
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;
use tidemark_onnx::{
    Attribute, Branch, DataType, Dim, GraphBuilder, SplitMode, Tensor, TreeEnsemble, TreeLeaf, TreeNode,
    encode_model,
};

const STEPS: usize = 16;
const DECAY: f64 = 0.94;

/// sₜ = .94 sₜ₋₁ + xₜ over the columns of a row, the last state being the answer.
fn scan() -> Result<Vec<u8>, Box<dyn Error>> {
    let rows = [Dim::Symbol("N")];
    let mut body = GraphBuilder::new("body");
    let state = body.input("state", DataType::F64, &rows);
    let value = body.input("value", DataType::F64, &rows);
    let decay = body.constant(Tensor::scalar(DECAY));
    let kept = body.op("Mul", &[&decay, &state]);
    let next = body.op("Add", &[&kept, &value]);
    body.output("next", &next, DataType::F64, &rows);

    let mut graph = GraphBuilder::new("scan");
    let row = graph.input("row", DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(STEPS)]);
    let index = graph.constant(Tensor::i64(&[], &[0]));
    let first = graph.node("Gather", &[&row, &index], vec![("axis", Attribute::Int(1))]);
    let zero = graph.constant(Tensor::scalar(0.0));
    let start = graph.op("Mul", &[&first, &zero]);
    let attributes = vec![
        ("body", Attribute::Graph(body.finish()?)),
        ("num_scan_inputs", Attribute::Int(1)),
        ("scan_input_axes", Attribute::Ints(vec![1])),
    ];
    let last = graph.node("Scan", &[&start, &row], attributes);
    let axis = graph.constant(Tensor::indices(&[1]));
    let column = graph.op("Unsqueeze", &[&last, &axis]);
    graph.output(
        "output",
        &column,
        DataType::F64,
        &[Dim::Symbol("N"), Dim::Fixed(1)],
    );
    Ok(encode_model(graph, &[])?)
}

/// One tree with two decisions and one that is a single leaf; NaN goes where the flags say.
fn trees() -> Result<Vec<u8>, Box<dyn Error>> {
    let node = |feature, split, missing_goes_true, when_true, when_false| TreeNode {
        feature,
        mode: SplitMode::LessOrEqual,
        split,
        missing_goes_true,
        when_true,
        when_false,
    };
    let mut ensemble = TreeEnsemble::new(1);
    ensemble.roots.push(0);
    ensemble
        .nodes
        .push(node(0, 0.1, false, Branch::Leaf(0), Branch::Node(1)));
    ensemble
        .nodes
        .push(node(1, -0.2, true, Branch::Leaf(1), Branch::Leaf(2)));
    ensemble
        .leaves
        .extend([0.3, 0.7, 1.1].map(|weight| TreeLeaf { target: 0, weight }));
    ensemble.push_constant_tree(0, 0.01);
    let mut graph = GraphBuilder::new("trees");
    let row = graph.input("row", DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(2)]);
    let sum = ensemble.add_to(&mut graph, &row, 2);
    graph.output("output", &sum, DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(1)]);
    Ok(encode_model(graph, &[])?)
}

fn bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: export_samples DIR")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let write = |name: &str, model: Vec<u8>, rows: &[f64], answers: &[f64]| -> Result<(), Box<dyn Error>> {
        fs::write(folder.join(format!("{name}.onnx")), model)?;
        fs::write(folder.join(format!("{name}-inputs.f64")), bytes(rows))?;
        fs::write(folder.join(format!("{name}-outputs.f64")), bytes(answers))?;
        Ok(())
    };
    let rows: Vec<f64> = (0..3 * STEPS)
        .map(|index| (index as f64 * 0.7).sin().abs())
        .collect();
    let answers: Vec<f64> = rows
        .chunks(STEPS)
        .map(|row| row.iter().fold(0.0, |state, value| DECAY * state + value))
        .collect();
    write("scan", scan()?, &rows, &answers)?;
    let rows = [
        0.1,
        0.0,
        0.1_f64.next_up(),
        -0.2,
        9.0,
        9.0,
        f64::NAN,
        -1.0,
        1.0,
        f64::NAN,
    ];
    write("trees", trees()?, &rows, &[0.31, 0.71, 1.11, 0.71, 0.71])?;
    Ok(())
}
