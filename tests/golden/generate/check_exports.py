"""Checks exported models with the reference checker and compares another build of ONNX Runtime with the native answers.

    cargo run --release -p tidemark-models --example export_volatility -- DIR
    python tests/golden/generate/check_exports.py DIR

For every NAME.onnx in DIR with NAME-inputs.f64 and NAME-outputs.f64: full checker, outputs equal to 1e-12 relative, NaN in
the same places, and the same bits row by row as in one batch. Exits with 1 if any of that fails.
"""

import pathlib
import sys
import time

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-12


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    width, outputs = session.get_inputs()[0].shape[1], session.get_outputs()[0].shape[1]
    rows = np.fromfile(path.with_name(f"{path.stem}-inputs.f64")).reshape(-1, width)
    expected = np.fromfile(path.with_name(f"{path.stem}-outputs.f64")).reshape(-1, outputs)
    batch = session.run(None, {"row": rows})[0]
    single = np.vstack([session.run(None, {"row": row[None]})[0] for row in rows])
    same_nan = np.array_equal(np.isnan(batch), np.isnan(expected))
    valid = ~np.isnan(expected)
    worst = np.max(np.abs(batch - expected)[valid] / np.maximum(np.abs(expected[valid]), 1e-300), initial=0.0)
    same_bits = np.array_equal(batch.view(np.int64), single.view(np.int64)) or np.array_equal(batch, single, equal_nan=True)
    row, repeats = {"row": rows[:1]}, 200
    start = time.perf_counter()
    for _ in range(repeats):
        session.run(None, row)
    micros = (time.perf_counter() - start) / repeats * 1e6
    print(
        f"{path.name}: {len(rows)} rows, worst relative difference {worst:.1e}, NaN alike {same_nan}, "
        f"batch equals single {same_bits}, {micros:.0f} us a row, {path.stat().st_size} bytes"
    )
    return same_nan and same_bits and worst <= TOLERANCE


folder = pathlib.Path(sys.argv[1])
results = [check(path) for path in sorted(folder.glob("*.onnx"))]
sys.exit(0 if results and all(results) else 1)
