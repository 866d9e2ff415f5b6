"""When alerts open and close, from what the monitors said bar by bar (docs/honesty.md). Used by replay.py."""

from replay_monitors import share_of

RANK = ["low", "medium", "high", "critical"]
# Beyond the limit, and beyond twice the limit; of the value at risk, the yellow and the red zone.
SEVERITIES = {
    "features": ("medium", "high"),
    "predictions": ("medium", "high"),
    "loss": ("high", "critical"),
    "calibration": ("medium", "high"),
    "value_at_risk": ("medium", "critical"),
    "data_age": ("low", "low"),
}
OF_RECIPE = {"loss", "calibration"}
IMMEDIATE = {"enterBars": 1, "leaveBars": 1, "leaveShare": 1}
GROUP = ("features", "features")


class Hysteresis:
    """Opens after `enterBars` bars in a row beyond the limit, closes after `leaveBars` in a row below a share of it."""

    def __init__(self, rules):
        self.rules = rules
        self.forget()

    def forget(self):
        self.is_open, self.beyond, self.below = False, 0, 0

    @property
    def is_firing(self):
        """Open, and not on its way back."""
        return self.is_open and self.below == 0

    def step(self, share):
        low = self.rules["leaveShare"]
        self.beyond = self.beyond + 1 if share > 1 else 0
        self.below = self.below + 1 if self.is_open and (share < low or share <= low == 1) else 0
        if not self.is_open and self.beyond >= self.rules["enterBars"]:
            self.is_open = True
        elif self.is_open and self.below >= self.rules["leaveBars"]:
            self.forget()


class Alerts:
    """Of one agent. Takes the monitors' figures of each bar in order."""

    def __init__(self, rules):
        self.rules = rules
        self.alarms, self.speaks, self.opened, self.standing = {}, {}, [], {}

    def bar(self, date, figures, is_new_recipe):
        """`figures`: by (monitor, subject), with status, and value and limit where there are any."""
        if is_new_recipe:
            for key in [key for key in self.alarms if key[0] in OF_RECIPE]:
                self.alarms[key].forget()
                self.close(key, date, "another recipe serves")
        for key, found in figures.items():
            rules = IMMEDIATE if key[0] == "data_age" else self.rules
            alarm = self.alarms.setdefault(key, Hysteresis(rules))
            if found["status"] in ("insufficient", "degenerate"):
                continue
            self.speaks.setdefault(key, date)
            value = abs(found["value"]) if key[0] == "calibration" else found["value"]
            alarm.step(share_of(value, found["limit"]))
        self.group(date)
        for key, found in figures.items():
            if not (key[0] == "features" and GROUP in self.standing):
                self.follow(key, found, date)

    def group(self, date):
        """One alert for the inputs when more than half of them drift, until none does."""
        inputs = [key for key in self.alarms if key[0] == "features"]
        drifting = sum(self.alarms[key].is_open for key in inputs)
        if GROUP not in self.standing and drifting > len(inputs) / 2:
            for key in inputs:
                self.close(key, date, "grouped")
            self.open(GROUP, date, "medium")
        elif GROUP in self.standing and drifting == 0:
            self.close(GROUP, date, "monitor")

    def follow(self, key, found, date):
        severity = SEVERITIES[key[0]][found["status"] == "critical"]
        if self.alarms[key].is_open and key not in self.standing:
            self.open(key, date, severity)
        elif key in self.standing and not self.alarms[key].is_open:
            self.close(key, date, "monitor")
        elif key in self.standing and found["status"] in ("warning", "critical"):
            alert = self.standing[key]
            alert["severity"] = max(alert["severity"], severity, key=RANK.index)

    def open(self, key, date, severity):
        named = {"monitor": key[0], "subject": key[1], "severity": severity}
        alert = {**named, "opened": date, "resolved": None, "by": None}
        self.standing[key] = alert
        self.opened.append(alert)

    def close(self, key, date, by):
        if key in self.standing:
            self.standing.pop(key).update(resolved=date, by=by)
