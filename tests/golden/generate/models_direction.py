"""Golden numbers for the direction families: scikit-learn's logistic regression and LightGBM's boosted trees.

Writes tests/golden/models_direction.json. Needs numpy, scikit-learn, lightgbm and node_modules (npm ci).
The table recipe is documented at `PlantedTable` in crates/testkit.
"""

import csv
import json
import pathlib

import lightgbm
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = "python tests/golden/generate/models_direction.py"


def uniform(seed, k):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (k.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(float) / 2.0**53


def planted_table(rows, width, levels, missing, seed):
    cells = rows * width
    u = uniform(seed, np.arange(cells))
    x = (u if levels == 0 else np.floor(u * levels) / levels) - 0.5
    x = x.reshape(rows, width)
    c = x.T
    step = np.where(c[3] > 0.1, 1.0, -0.5)
    both = np.where(c[5] * c[6] > 0.02, 1.0, 0.0)
    f = 2.0 * c[0] + 6.0 * c[1] * c[2] + step + 4.0 * c[4] * c[4] - 0.33 + both + c[7] - 3.0 * c[8] * c[9]
    e = uniform(seed, cells + np.arange(4 * rows)).reshape(rows, 4)
    e = e[:, 0] + e[:, 1] + e[:, 2] + e[:, 3] - 2.0
    weights = 0.5 + uniform(seed + 1, np.arange(rows))
    x = np.where(uniform(seed + 2, np.arange(cells)).reshape(rows, width) < missing, np.nan, x)
    return x, (f + e > 0.0).astype(float), f + 0.5 * e, weights


def lagged_returns():
    with open(ROOT / "node_modules/vega-datasets/data/sp500-2000.csv", newline="") as file:
        close = np.array([float(row["close"]) for row in csv.DictReader(file)])
    x = 100.0 * (close[1:] / close[:-1] - 1.0)
    features = np.column_stack([x[5 - lag : len(x) - lag] for lag in range(1, 6)])
    return features, (x[5:] > 0.0).astype(float)


def group(tool, version, precision, values):
    source = {"tool": tool, "version": version, "precision": precision, "command": COMMAND}
    return {"provenance": source, "values": values}


def logit(c, weighted):
    features, labels = lagged_returns()
    features, labels = features[:4000], labels[:4000]
    weights = 0.5 + 0.25 * (np.arange(4000) % 4) if weighted else np.ones(4000)
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    model.fit(features, labels, sample_weight=weights)
    values = {"intercept": float(model.intercept_[0]), "coefficients": model.coef_[0].tolist()}
    return group("scikit-learn", sklearn.__version__, "f64, shortest round-trip", values)


def boost(objective, x, y, w, rounds, **settings):
    fixed = dict(objective=objective, num_threads=1, deterministic=True, verbose=-1, force_col_wise=True)
    return lightgbm.train({**fixed, **settings}, lightgbm.Dataset(x, y, weight=w), rounds)


def mean_loss(objective, scores, y, w):
    losses = np.logaddexp(0.0, scores) - y * scores if objective == "binary" else (scores - y) ** 2
    return float(np.average(losses, weights=w))


def from_lightgbm(values):
    return group("LightGBM", lightgbm.__version__, "f64 scores from f32 gradients, shortest round-trip", values)


def exact(objective, missing, weighted):
    """Few levels, so that the bins of both programs are the same and the trees can be compared one by one."""
    x, binary, numeric, weights = planted_table(3000, 10, 20, missing, 11)
    y = binary if objective == "binary" else numeric
    w = weights if weighted else np.ones(len(y))
    settings = dict(num_leaves=15, learning_rate=0.1, lambda_l2=1.0, min_data_in_leaf=1, min_data_in_bin=1)
    model = boost(objective, x, y, w, 25, min_sum_hessian_in_leaf=5.0, **settings)
    root = model.dump_model()["tree_info"][0]["tree_structure"]
    return from_lightgbm(
        {
            "root_feature": float(root["split_feature"]),
            "root_threshold": float(root["threshold"]),
            "root_gain": float(root["split_gain"]),
            "scores": model.predict(x[:200], raw_score=True).tolist(),
        }
    )


def band(objective, missing, weighted):
    """Continuous features: LightGBM's held-out loss for several settings that should not matter, as a band."""
    x, binary, numeric, weights = planted_table(24000, 20, 0, missing, 5)
    y = binary if objective == "binary" else numeric
    w = weights if weighted else np.ones(len(y))
    fit, held_out = slice(0, 20000), slice(20000, 24000)
    losses = []
    for max_bin in (255, 251, 243, 235):
        for min_data in (20, 22, 25):
            settings = dict(num_leaves=31, learning_rate=0.1, max_bin=max_bin, min_data_in_leaf=min_data)
            model = boost(objective, x[fit], y[fit], w[fit], 100, **settings)
            scores = model.predict(x[held_out], raw_score=True)
            losses.append(mean_loss(objective, scores, y[held_out], w[held_out]))
    return from_lightgbm({"loss": losses[0], "least": min(losses), "most": max(losses)})


def returns():
    features, labels = lagged_returns()
    settings = dict(num_leaves=15, learning_rate=0.05, min_data_in_leaf=50)
    model = boost("binary", features[:4000], labels[:4000], None, 100, **settings)
    scores = model.predict(features[4000:], raw_score=True)
    root = model.dump_model()["tree_info"][0]["tree_structure"]
    return from_lightgbm(
        {
            "root_feature": float(root["split_feature"]),
            "root_threshold": float(root["threshold"]),
            "root_gain": float(root["split_gain"]),
            "loss": mean_loss("binary", scores, labels[4000:], np.ones(len(scores))),
        }
    )


def main():
    groups = {
        "logit_c1": logit(1.0, weighted=False),
        "logit_c001_weighted": logit(0.01, weighted=True),
        "gbdt_exact_binary": exact("binary", 0.0, weighted=False),
        "gbdt_exact_binary_weighted": exact("binary", 0.0, weighted=True),
        "gbdt_exact_binary_missing": exact("binary", 0.1, weighted=False),
        "gbdt_exact_squared": exact("regression", 0.0, weighted=False),
        "gbdt_band_binary": band("binary", 0.0, weighted=False),
        "gbdt_band_binary_missing": band("binary", 0.1, weighted=False),
        "gbdt_band_squared": band("regression", 0.0, weighted=False),
        "gbdt_band_squared_weighted": band("regression", 0.0, weighted=True),
        "gbdt_returns": returns(),
    }
    path = ROOT / "tests/golden/models_direction.json"
    path.write_text(json.dumps(groups, indent=1) + "\n")


if __name__ == "__main__":
    main()
