"""Goldens of the loop on the shipped S&P 500 file: monitors, alerts, decisions and the result table.

Worked out apart from our code, from the bars of the file and from the answers, versions and decisions that the replays
logged.

Usage, from the repository root, after a build:
  node tests/golden/generate/replay_export.mjs replay-export.json
  python3 tests/golden/generate/replay.py replay-export.json

The answers of trained versions are taken as logged; the naive baselines, labels, features and all figures are not.
"""

import hashlib
import json
import platform
import sys

import numpy as np
import pandas as pd
import replay_bars as market
import replay_monitors as monitors
import scipy
import statsmodels
from replay_alerts import Alerts
from replay_table import Table, counts, refusals

SAMPLE_BARS = 45
# A figure may differ by their sum, the first being a share of it.
TOLERANCES = {"relativeTolerance": 1e-9, "absoluteTolerance": 1e-11}
FIGURES = {
    "loss": ("value", "limit", "meanLoss", "baselineLoss", "t"),
    "calibration": ("value", "limit", "t"),
    "value_at_risk": ("value", "limit", "pAtLeast", "pAtMost"),
}


def provenance():
    packages = {"numpy": np, "pandas": pd, "scipy": scipy, "statsmodels": statsmodels}
    versions = ", ".join(f"{name} {package.__version__}" for name, package in packages.items())
    return {
        "tool": "numpy, scipy; HAC errors by statsmodels OLS on a constant",
        "version": f"Python {platform.python_version()}, {versions}",
        "precision": "f64, 15 significant digits",
        "command": "python3 tests/golden/generate/replay.py replay-export.json",
        "dataSha256": hashlib.sha256(open(market.DATA, "rb").read()).hexdigest(),
    }


def day(instant):
    return instant[:10]


class Loop:
    """One agent's policy on the bars it served, and the rows that it is compared with."""

    def __init__(self, export, features):
        self.agent, self.export = export["agent"], export
        self.policy = export["timelines"]["policy"]
        self.rules = self.agent["monitors"]
        self.is_direction = self.agent["task"] == "direction"
        self.lag = market.LAG + market.HORIZON if self.is_direction else 1
        self.horizon = market.HORIZON if self.is_direction else 1
        self.dates = [day(each["as_of"]) for each in self.policy["predictions"]]
        self.rows = [market.ROW_OF[date] for date in self.dates]
        self.answers = {
            name: np.array([each["outputs"] for each in timeline["predictions"]])
            for name, timeline in export["timelines"].items()
        }
        naive = market.base_rate if self.is_direction else market.ewma
        self.naive = np.array([np.atleast_1d(naive(row)) for row in self.rows])
        self.truth = (market.rises() if self.is_direction else market.next_squares())[self.rows].copy()
        self.truth[len(self.rows) - self.lag :] = np.nan
        family = {each["version"]: each["family"] for each in self.policy["versions"]}
        self.recipes = [family[each["version"]] for each in self.policy["predictions"]]
        self.table = Table(self.agent, self.rows, self.dates, self.truth, self.answers, self.naive)
        self.watch(features)

    # --- monitors ------------------------------------------------------------------------------------------------

    def watch(self, features):
        answer = self.policy["predictions"][0]["output_names"][0]
        served = np.full(self.rows[-1] + 1, np.nan)
        served[self.rows] = self.answers["policy"][:, 0]
        rules = self.rules["features"]
        self.drift = {("features", name): monitors.Drift(values, rules) for name, values in features.items()}
        self.drift["predictions", answer] = monitors.Drift(served, self.rules["predictions"])
        self.alerts = Alerts(self.rules["hysteresis"])
        self.figures, self.decided = [], Calendar(self.agent, self.policy)
        for i, row in enumerate(self.rows):
            found = {key: drift.at(row) for key, drift in self.drift.items()}
            found |= self.performance(i)
            found["data_age", "bars"] = self.data_age(row)
            self.figures.append(found)
            self.alerts.bar(self.dates[i], found, i > 0 and self.recipes[i] != self.recipes[i - 1])
            firing = self.alerts.alarms["loss", self.loss_name].is_firing
            self.decided.slot(i, self.dates[i], self.recipes[i] == self.agent["baseline"], firing)

    @property
    def loss_name(self):
        return "log_loss" if self.is_direction else "qlike"

    def performance(self, i):
        """What has matured by bar i, of the recipe that serves there since it last began to."""
        start = i
        while start > 0 and self.recipes[start - 1] == self.recipes[i]:
            start -= 1
        own = slice(start, max(start, i - self.lag + 1))
        answers = self.answers["policy"]
        served, naive = self.table.losses(answers)[own], self.table.losses(self.naive)[own]
        truth = self.truth[own]
        errors = truth - answers[own, 0] if self.is_direction else truth / answers[own, 0] ** 2 - 1
        is_baseline = self.recipes[i] == self.agent["baseline"]
        found = {
            ("loss", self.loss_name): monitors.loss(served, naive, is_baseline, self.rules["loss"], self.horizon),
            ("calibration", "mean"): monitors.calibration(errors, self.rules["calibration"], self.horizon),
        }
        if not self.is_direction:
            matured = np.array(self.rows[: max(0, i - self.lag + 1)], dtype=int)
            broken = market.LOG_RETURN[matured + 1] < -answers[: len(matured), 1]
            found["value_at_risk", "breaches"] = monitors.value_at_risk(broken, self.rules["valueAtRisk"])
        return found

    def data_age(self, row):
        """Without a calendar a bar is missing where more than four days lie between two."""
        days = (pd.Timestamp(market.DATES[row]) - pd.Timestamp(market.DATES[row - 1])).days
        return {"value": float(days), "limit": 4.0, "status": "warning" if days > 4 else "ok"}

    # --- what goes into the golden -------------------------------------------------------------------------------

    def series(self, key, pick):
        return summary([pick(found[key]) for found in self.figures], self.dates)

    def monitor_groups(self):
        drift = {
            f"{monitor}/{subject} {statistic} {figure}": self.series(
                (monitor, subject),
                lambda found: found.get("statistics", {}).get(statistic, {}).get(figure),
            )
            for monitor, subject in self.drift
            for statistic in self.rules["features"]["statistics"]
            for figure in ("value", "limit")
        }
        watched = [key for key in self.figures[0] if key[0] in FIGURES]
        performance = {
            f"{key[0]} {figure}": self.series(key, lambda found: found.get(figure))
            for key in watched
            for figure in FIGURES[key[0]]
        }
        statuses = {}
        for key in self.figures[0]:
            said = [found[key]["status"] for found in self.figures]
            statuses["/".join(key)] = {status: said.count(status) for status in sorted(set(said))}
        return {"drift": drift, "performance": performance, "statuses": statuses}

    def golden(self):
        table, timelines = self.table, self.export["timelines"]
        rows = {
            name: {**table.row(table.answers[name]), **counts(timelines[name]["decisions"])}
            for name in ("once", "always", "gated", "policy")
        }
        decisions = self.policy["decisions"]
        eras = {
            name: {**table.row(table.answers["policy"], part), **counts(decisions, set(self.dates[part]))}
            for name, part in table.eras()
        }
        opened = [(alert["monitor"], alert["opened"]) for alert in self.alerts.opened]
        return {
            "answers": {
                name: summary(list(answers[:, 0]), self.dates) for name, answers in self.answers.items()
            },
            **self.monitor_groups(),
            "alerts": sorted(self.alerts.opened, key=lambda each: (each["opened"], each["monitor"], each["subject"])),
            "speaks": {"/".join(key): date for key, date in sorted(self.alerts.speaks.items())},
            "decisions": self.decided.made,
            "rows": {
                "baseline": table.row(self.naive),
                **({"hold": table.hold()} if self.is_direction else {}),
                **rows,
            },
            "eras": eras,
            "comparisons": {
                f"{of} - {against}": table.comparison(of, against)
                for of, against in (("gated", "always"), ("policy", "once"), ("policy", "gated"))
            },
            "alarms": table.alarms(opened),
            "refusals": refusals(decisions),
            "tellings": table.tellings(),
        }


class Calendar:
    """The trusting policy: back when the loss alarm fires, else a fit by the calendar where no limit forbids one."""

    def __init__(self, agent, policy):
        self.made, self.fitted, self.back = [], None, None

    def slot(self, i, date, is_baseline, is_firing):
        since_fit = i - self.fitted if self.fitted is not None else i + 1
        if is_firing and not is_baseline:
            self.back = i
            self.made.append([date, "rollback"])
        elif since_fit >= EVERY_BARS and (self.back is None or i - self.back >= COOLDOWN_BARS):
            self.fitted = i
            self.made.append([date, "retrain"])


EVERY_BARS, COOLDOWN_BARS = 63, 21


def summary(values, dates):
    """Of one figure bar by bar: how many there are, their sum, their sum weighted by place, and some of them."""
    known = [(i, float(value)) for i, value in enumerate(values) if value is not None]
    return {
        "bars": len(known),
        "sum": sum(value for _, value in known),
        "moment": sum(value * (i + 1) / len(values) for i, value in known),
        "samples": {dates[i]: value for i, value in known if i % SAMPLE_BARS == SAMPLE_BARS - 1},
    }


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.15g}") if isinstance(value, float) else value


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        exports = json.load(file)
    last = max(market.ROW_OF[day(each["timelines"]["policy"]["predictions"][-1]["as_of"])] for each in exports.values())
    features = market.feature_table(last)
    agents = {name: Loop(export, features).golden() for name, export in exports.items()}
    # The inputs are the same bars for both agents.
    direction, volatility = (agents[name] for name in ("market_insight", "risk_assessor"))
    inputs = {name: direction["drift"].pop(name) for name in list(direction["drift"]) if name.startswith("features/")}
    for name, figures in inputs.items():
        assert volatility["drift"].pop(name) == figures
    golden = {"provenance": provenance(), **TOLERANCES, "inputs": rounded(inputs), "agents": rounded(agents)}
    with open("tests/golden/replay.json", "w", encoding="utf-8") as file:
        json.dump(golden, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
