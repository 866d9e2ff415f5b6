"""Small ONNX models for the inference tests, with the answers of an independent runtime.

Writes tests/golden/models/*.onnx (models that load, and models that are valid but not served),
tests/golden/models/hostile/*.onnx (structural attacks; none may do more than fail to load) and
tests/golden/inference.json (rows, expected outputs, provenance).

Run from the repository root: python tests/golden/generate/inference_models.py
"""

import json
import pathlib
import platform

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
HOSTILE = MODELS / "hostile"
RNG = np.random.default_rng(20240131)
F32, F64, I64, STRING = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING


def value(name, element, shape):
    return helper.make_tensor_value_info(name, element, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model(nodes, inputs, outputs, initializers=(), metadata=None, opset=18, ml=5, ir=9, extra_opsets=()):
    graph = helper.make_graph(list(nodes), "fixture", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml), *extra_opsets]
    built = helper.make_model(graph, opset_imports=opsets, ir_version=ir, producer_name="tidemark-fixtures")
    helper.set_model_props(built, metadata or {})
    return built


def signature(inputs, outputs):
    label = {"kind": "next_squared_return"}
    facts = {"version": 1, "task": "direction", "label": label, "inputs": inputs, "outputs": outputs}
    return {"tidemark.signature": json.dumps(facts)}


def logistic():
    weights, bias = RNG.normal(size=(3, 1)), np.array([0.25])
    nodes = [
        helper.make_node("MatMul", ["row", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["output"]),
    ]
    columns = [
        {"name": name, "kind": "column", "column": name, "width": 1, "unit": "1", "min": -4, "max": 4}
        for name in ("ret_1", "ret_5", "rsi_14")
    ]
    outputs = [{"name": "probability", "unit": "probability", "min": 0, "max": 1}]
    return model(
        nodes, [value("row", F64, ["N", 3])], [value("output", F64, ["N", 1])],
        [constant("weights", weights), constant("bias", bias)], signature(columns, outputs),
    )


def mixed():
    """Two inputs and three outputs of different element types."""
    nodes = [
        helper.make_node("ReduceSum", ["small", "axis"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["wide", "two"], ["doubled"]),
        helper.make_node("Cast", ["sum"], ["label"], to=I64),
    ]
    return model(
        nodes,
        [value("small", F32, ["N", 2]), value("wide", F64, ["N", 3])],
        [value("sum", F32, ["N", 1]), value("doubled", F64, ["N", 3]), value("label", I64, ["N", 1])],
        [constant("axis", np.array([1])), constant("two", np.array(2.0))],
    )


def window():
    """A scalar plus the mean of the observed part of a window that may start with NaN."""
    nodes = [
        helper.make_node("Split", ["row", "sizes"], ["scalar", "history"], axis=1),
        helper.make_node("IsNaN", ["history"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "history"], ["filled"]),
        helper.make_node("Where", ["missing", "zero", "one"], ["weight"]),
        helper.make_node("ReduceSum", ["filled", "axis"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["weight", "axis"], ["count"], keepdims=1),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("Add", ["scalar", "mean"], ["output"]),
    ]
    inputs = [
        {"name": "level", "kind": "column", "column": "ret_1", "width": 1, "unit": "1", "min": -1, "max": 1},
        {"name": "return_window", "kind": "window", "column": "return", "length": 4, "width": 4, "unit": "log_return"},
    ]
    return model(
        nodes, [value("row", F64, ["N", 5])], [value("output", F64, ["N", 1])],
        [
            constant("sizes", np.array([1, 4])), constant("zero", np.array(0.0)),
            constant("one", np.array(1.0)), constant("axis", np.array([1])),
        ],
        signature(inputs, [{"name": "volatility", "unit": "log_return", "min": 0}]),
    )


def tree_attributes(splits, weights, **overrides):
    """One stump: feature 1 <= split goes left. Overrides replace attributes for the attacks, None removes one."""
    attributes = {
        "n_targets": 1, "tree_roots": [0], "nodes_featureids": [1], "nodes_truenodeids": [0],
        "nodes_trueleafs": [1], "nodes_falsenodeids": [1], "nodes_falseleafs": [1],
        "nodes_modes": helper.make_tensor("m", TensorProto.UINT8, [1], bytes([0]), raw=True),
        "nodes_splits": constant("s", np.array(splits)), "leaf_targetids": [0, 0],
        "leaf_weights": constant("w", np.array(weights)), "aggregate_function": 1, "post_transform": 0,
    }
    attributes.update(overrides)
    return {name: attribute for name, attribute in attributes.items() if attribute is not None}


def stump(width=2, **overrides):
    node = helper.make_node(
        "TreeEnsemble", ["row"], ["output"], domain="ai.onnx.ml", **tree_attributes([0.5], [-1.25, 2.75], **overrides)
    )
    return model([node], [value("row", F64, ["N", width])], [value("output", F64, ["N", 1])], opset=21, ir=10)


def forest(trees=40, depth=6, width=12):
    """Complete binary trees, so that there is a model with a real structure and weight (about 75 kB)."""
    interior, leaves = 2**depth - 1, 2**depth
    features, splits, true_ids, false_ids, true_leafs, false_leafs = [], [], [], [], [], []
    for tree in range(trees):
        for node in range(interior):
            is_last = node >= interior // 2
            for ids, leafs, child in ((true_ids, true_leafs, 2 * node + 1), (false_ids, false_leafs, 2 * node + 2)):
                ids.append(tree * leaves + child - interior if is_last else tree * interior + child)
                leafs.append(int(is_last))
            features.append(int(RNG.integers(width)))
            splits.append(float(RNG.normal()))
    node = helper.make_node(
        "TreeEnsemble", ["row"], ["output"], domain="ai.onnx.ml",
        **tree_attributes(
            splits, RNG.normal(size=trees * leaves) / trees, nodes_featureids=features,
            tree_roots=[tree * interior for tree in range(trees)], nodes_truenodeids=true_ids,
            nodes_falsenodeids=false_ids, nodes_trueleafs=true_leafs, nodes_falseleafs=false_leafs,
            nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [len(splits)], bytes(len(splits)), raw=True),
            leaf_targetids=[0] * (trees * leaves),
        ),
    )
    return model([node], [value("row", F64, ["N", width])], [value("output", F64, ["N", 1])], opset=21, ir=10)


def identity(element=F64, shape=("N", 2), **options):
    node = helper.make_node("Identity", ["row"], ["output"])
    shape = list(shape)
    return model([node], [value("row", element, shape)], [value("output", element, shape)], **options)


def logarithm():
    node = helper.make_node("Log", ["row"], ["output"])
    return model([node], [value("row", F64, ["N", 1])], [value("output", F64, ["N", 1])])


def unsupported():
    undeclared = identity()
    undeclared.graph.output[0].type.tensor_type.shape.dim[1].Clear()
    undeclared.graph.input[0].type.tensor_type.shape.dim[1].Clear()
    return {
        "string-input": identity(STRING),
        "three-dimensions": identity(F64, ("N", 2, 2)),
        "undeclared-width": undeclared,
        "batch-of-seven": identity(F64, (7, 2)),
        "int64-input": identity(I64),
    }


def external(location, target="initializer"):
    """A tensor that says its bytes are in another file, in each place where a model can carry a tensor."""
    def outside(name):
        tensor = TensorProto(name=name, data_type=F64, dims=[2], data_location=TensorProto.EXTERNAL)
        for key, text in (("location", location), ("offset", "0"), ("length", "16")):
            tensor.external_data.add(key=key, value=text)
        return tensor

    add = helper.make_node("Add", ["row", "shift"], ["output"])
    ports = ([value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])])
    if target == "initializer":
        return model([add], *ports, [outside("shift")])
    if target == "attribute":
        return model([helper.make_node("Constant", [], ["shift"], value=outside("shift")), add], *ports)
    if target == "function":
        inner = helper.make_function(
            "own", "Shifted", ["x"], ["y"],
            [helper.make_node("Constant", [], ["c"], value=outside("c")), helper.make_node("Add", ["x", "c"], ["y"])],
            [helper.make_opsetid("", 18)],
        )
        built = model(
            [helper.make_node("Shifted", ["row"], ["output"], domain="own")], *ports,
            extra_opsets=[helper.make_opsetid("own", 1)],
        )
        built.functions.append(inner)
        return built
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=outside("c"))], "branch", [], [value("c", F64, [2])]
    )
    choose = helper.make_node("If", ["yes"], ["shift"], then_branch=branch, else_branch=branch)
    return model([choose, add], *ports, [constant("yes", np.array(True))])


def attacks():
    """Structural attacks on graph, tensors and trees: name -> model."""
    found = {
        "feature-id-huge": stump(nodes_featureids=[1_000_000_000]),
        "feature-id-negative": stump(nodes_featureids=[-1]),
        "feature-id-beyond-width": stump(nodes_featureids=[2]),
        "tree-self-loop": stump(nodes_trueleafs=[0], nodes_truenodeids=[0]),
        "tree-child-out-of-range": stump(nodes_trueleafs=[0], nodes_truenodeids=[7]),
        "tree-child-negative": stump(nodes_trueleafs=[0], nodes_truenodeids=[-3]),
        "tree-leaf-out-of-range": stump(nodes_truenodeids=[99]),
        "tree-root-out-of-range": stump(tree_roots=[12]),
        "tree-root-negative": stump(tree_roots=[-1]),
        "tree-roots-missing": stump(tree_roots=None),
        "tree-target-out-of-range": stump(leaf_targetids=[0, 5]),
        "tree-target-negative": stump(leaf_targetids=[0, -5]),
        "tree-targets-2e31": stump(n_targets=2**31),
        "tree-targets-negative": stump(n_targets=-1),
        "tree-short-weights": stump(leaf_weights=constant("w", np.array([1.0]))),
        "tree-short-splits": stump(nodes_splits=constant("s", np.array([], dtype=np.float64))),
        "tree-short-modes": stump(nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [0], b"", raw=True)),
        "tree-unknown-mode": stump(nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [1], bytes([200]), raw=True)),
        "tree-unknown-aggregate": stump(aggregate_function=77),
        "tree-unknown-transform": stump(post_transform=77),
        "tree-weights-wrong-type": stump(leaf_weights=constant("w", np.array([1.0, 2.0], dtype=np.float32))),
        "opset-99": identity(opset=99),
        "opset-zero": identity(opset=0),
        "ir-99": identity(ir=99),
        "ir-zero": identity(ir=0),
    }
    found["unknown-domain"] = model(
        [helper.make_node("Anything", ["row"], ["output"], domain="com.example.unknown")],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])],
    )
    found["unknown-operator"] = model(
        [helper.make_node("DoesNotExist", ["row"], ["output"])],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])],
    )
    found["cyclic-graph"] = model(
        [helper.make_node("Add", ["row", "b"], ["a"]), helper.make_node("Add", ["a", "row"], ["b"]),
         helper.make_node("Identity", ["b"], ["output"])],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])],
    )
    huge = TensorProto(name="shift", data_type=F64, dims=[2**40, 2**40], raw_data=b"\0" * 16)
    negative = TensorProto(name="shift", data_type=F64, dims=[-2], raw_data=b"\0" * 16)
    short = TensorProto(name="shift", data_type=F64, dims=[2], raw_data=b"\0" * 3)
    untyped = TensorProto(name="shift", data_type=999, dims=[2], raw_data=b"\0" * 16)
    for name, tensor in (
        ("dims-2e40", huge), ("dims-negative", negative), ("raw-data-short", short), ("element-type-999", untyped),
    ):
        found[name] = model(
            [helper.make_node("Add", ["row", "shift"], ["output"])],
            [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])], [tensor],
        )
    found["no-graph"] = model([], [], [])
    found["no-graph"].ClearField("graph")
    found["no-outputs"] = model([helper.make_node("Identity", ["row"], ["x"])], [value("row", F64, ["N", 2])], [])
    found["output-undefined"] = model([], [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])])
    found["duplicate-names"] = model(
        [helper.make_node("Identity", ["row"], ["output"]), helper.make_node("Neg", ["row"], ["output"])],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])],
    )
    found["output-shape-lies"] = model(
        [helper.make_node("Concat", ["row", "row"], ["output"], axis=1)],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 3])],
    )
    found["reshape-overflow"] = model(
        [helper.make_node("Reshape", ["row", "shape"], ["output"])],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])],
        [constant("shape", np.array([2**62, 2**62]))],
    )
    def branch(name, node):
        return helper.make_graph([node], name, [], [value("y", F64, ["N", 2])])

    def flat():
        return branch("flat", helper.make_node("Identity", ["row"], ["y"]))

    nested = flat()
    for _ in range(25):
        nested = branch("deep", helper.make_node("If", ["yes"], ["y"], then_branch=nested, else_branch=flat()))
    found["nested-25-deep"] = model(
        [helper.make_node("If", ["yes"], ["output"], then_branch=nested, else_branch=flat())],
        [value("row", F64, ["N", 2])], [value("output", F64, ["N", 2])], [constant("yes", np.array(True))],
    )
    wrong = identity()
    helper.set_model_props(wrong, signature([{"name": "a", "kind": "column", "width": 9}], [{"name": "p"}]))
    found["signature-contradicts-graph"] = wrong
    broken = identity()
    helper.set_model_props(broken, {"tidemark.signature": "{\"inputs\":"})
    found["signature-not-json"] = broken
    return found


def reference(built, rows):
    """Rows through the pip runtime, inputs and outputs flattened in graph order."""
    session = onnxruntime.InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])
    start, feeds = 0, {}
    for port in session.get_inputs():
        width = port.shape[1]
        kind = np.float32 if port.type == "tensor(float)" else np.float64
        feeds[port.name] = rows[:, start:start + width].astype(kind)
        start += width
    return np.concatenate([output.astype(np.float64) for output in session.run(None, feeds)], axis=1)


def encoded(rows):
    return [[None if np.isnan(cell) else float(cell) for cell in row] for row in rows]


def main():
    HOSTILE.mkdir(parents=True, exist_ok=True)
    windows = RNG.normal(size=(8, 5))
    windows[0, 1:3] = np.nan
    windows[1, 1:4] = np.nan
    cases = {
        "logistic": (logistic(), RNG.normal(size=(32, 3))),
        "mixed": (mixed(), RNG.integers(-8, 8, size=(16, 5)).astype(np.float64) / 4),
        "window": (window(), windows),
        "stump": (stump(), np.array([[0, 0.5], [0, 0.5000001], [9, -3], [9, 3]], dtype=np.float64)),
        "forest": (forest(), RNG.normal(size=(16, 12))),
        "single-row": (identity(F64, (1, 2)), np.array([[1.5, -2.5]])),
        "logarithm": (logarithm(), np.array([[1.0], [2.0]])),
    }
    golden = {
        "provenance": {
            "tool": "onnxruntime", "version": onnxruntime.__version__, "onnx": onnx.__version__,
            "numpy": np.__version__, "python": platform.python_version(), "precision": "f64 (f32 where the graph is)",
            "command": "python tests/golden/generate/inference_models.py",
        },
        "note": "null is NaN",
        "cases": [],
    }
    for name, (built, rows) in cases.items():
        onnx.save(built, MODELS / f"{name}.onnx")
        golden["cases"].append({"model": f"{name}.onnx", "rows": encoded(rows), "outputs": encoded(reference(built, rows))})
    other = identity()
    helper.set_model_props(other, signature([{"name": "a", "kind": "column", "width": 2}], [{"name": "p"}, {"name": "q"}]))
    onnx.save(other, MODELS / "other-signature.onnx")
    for name, built in unsupported().items():
        onnx.save(built, MODELS / f"unsupported-{name}.onnx")
    places = {
        "initializer": external("weights.bin"), "attribute": external("weights.bin", "attribute"),
        "subgraph": external("weights.bin", "subgraph"), "function": external("weights.bin", "function"),
        "absolute-path": external("/etc/passwd"), "parent-path": external("../../weights.bin"),
    }
    for name, built in places.items():
        (MODELS / f"external-{name}.onnx").write_bytes(built.SerializeToString())
    for name, built in attacks().items():
        (HOSTILE / f"{name}.onnx").write_bytes(built.SerializeToString())
    (ROOT / "inference.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
