"""LightGBM's side of the comparison; driven by scripts/bench/gbdt.mjs.

`gbdt_lightgbm.py version` prints LightGBM's version. `gbdt_lightgbm.py train FOLDER CASE-JSON SETTINGS-JSON` fits one case and prints
its CPU seconds, binning included, and its held-out loss.
"""

import json
import sys
import time

import lightgbm
import numpy as np


def train(folder, case, settings):
    values = np.fromfile(f"{folder}/{case['name']}.f64", dtype="<f8")
    rows = len(values) // (case["width"] + 1)
    inputs = values[: rows * case["width"]].reshape(rows, case["width"])
    labels = values[rows * case["width"] :]
    fit = case["fitRows"]
    params = {
        "objective": "binary" if case["isBinary"] else "regression",
        "num_leaves": settings["numLeaves"],
        "learning_rate": settings["learningRate"],
        "min_data_in_leaf": settings["minDataInLeaf"],
        "max_bin": settings["maxBins"],
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbose": -1,
    }
    start = time.process_time()
    model = lightgbm.train(params, lightgbm.Dataset(inputs[:fit], labels[:fit]), settings["rounds"])
    seconds = time.process_time() - start
    scores = model.predict(inputs[fit:], raw_score=True)
    held_out = labels[fit:]
    if case["isBinary"]:
        losses = np.logaddexp(0.0, scores) - held_out * scores
    else:
        losses = (scores - held_out) ** 2
    return {"cpuSeconds": seconds, "loss": float(losses.mean())}


def main():
    if sys.argv[1] == "version":
        print(lightgbm.__version__)
    else:
        _, _, folder, case, settings = sys.argv
        print(json.dumps(train(folder, json.loads(case), json.loads(settings))))


if __name__ == "__main__":
    main()
