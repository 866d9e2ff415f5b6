use std::collections::BTreeMap;

use serde::Deserialize;

use crate::find_upwards;

/// Where golden numbers come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Program or library that computed the numbers.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Number format it computed in and the digits kept.
    pub precision: String,
    /// How to compute them again.
    pub command: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    provenance: Provenance,
    values: BTreeMap<String, Numbers>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    Many(Vec<f64>),
}

/// One group of a file in `tests/golden`: numbers from an independent source.
#[derive(Debug, Clone)]
pub struct Golden {
    label: String,
    group: Group,
}

impl Golden {
    /// Group `group` of `tests/golden/<file>.json`.
    ///
    /// # Panics
    /// When the file or the group is missing, is malformed, or lacks a provenance.
    #[must_use]
    pub fn load(file: &str, group: &str) -> Self {
        let relative = format!("tests/golden/{file}.json");
        let path =
            find_upwards(&relative).unwrap_or_else(|| panic!("{relative} is missing from the repository"));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {relative}: {error}"));
        let mut groups: BTreeMap<String, Group> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{relative} is malformed: {error}"));
        let label = format!("{relative} group '{group}'");
        let group = groups
            .remove(group)
            .unwrap_or_else(|| panic!("{label} does not exist"));
        let source = &group.provenance;
        for field in [&source.tool, &source.version, &source.precision, &source.command] {
            assert!(!field.trim().is_empty(), "{label} has an empty provenance field");
        }
        Self { label, group }
    }

    /// Where the group comes from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.group.provenance
    }

    /// The number stored under `key`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn number(&self, key: &str) -> f64 {
        match self.group.values.get(key) {
            Some(Numbers::One(value)) => *value,
            _ => panic!("{} has no number '{key}'", self.label),
        }
    }

    /// The list stored under `key`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn list(&self, key: &str) -> &[f64] {
        match self.group.values.get(key) {
            Some(Numbers::Many(values)) => values,
            _ => panic!("{} has no list '{key}'", self.label),
        }
    }
}

/// Asserts |actual − expected| ≤ tolerance · |expected| (absolute when the expected value is 0).
///
/// # Panics
/// When the values differ by more, or the actual one is NaN.
pub fn assert_close(what: &str, actual: f64, expected: f64, tolerance: f64) {
    let scale = if expected == 0.0 { 1.0 } else { expected.abs() };
    let distance = (actual - expected).abs() / scale;
    assert!(
        distance <= tolerance,
        "{what}: got {actual:e}, expected {expected:e}, off by {distance:e} > {tolerance:e}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closeness_is_relative_and_refuses_nan() {
        assert_close("x", 1_000.0, 1_000.000_001, 1e-8);
        assert_close("x", 1e-12, 0.0, 1e-11);
        for (actual, expected) in [(1.0, 1.1), (f64::NAN, 1.0)] {
            assert!(std::panic::catch_unwind(|| assert_close("x", actual, expected, 1e-3)).is_err());
        }
    }

    #[test]
    #[should_panic(expected = "is missing from the repository")]
    fn a_missing_file_is_named() {
        let _ = Golden::load("no-such-file", "any");
    }
}
