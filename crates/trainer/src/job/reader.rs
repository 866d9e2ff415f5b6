//! Reading a JSON document field by field, collecting every problem instead of stopping at the first.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::Problem;
use crate::instant::parse_instant;

/// The largest integer every JSON implementation keeps exactly (2^53 − 1).
pub(super) const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Notes a problem at a JSON pointer.
    pub(super) fn add(&self, at: &str, message: impl Into<String>) {
        let at = if at.is_empty() { "/" } else { at };
        self.0.borrow_mut().push(Problem {
            at: at.to_owned(),
            message: message.into(),
        });
    }

    /// All problems, in the order in which they were found.
    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// One JSON object under reading. A getter that returns `None` has noted why.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// Starts reading `value`, which must be an object.
    pub(super) fn of(value: &'a Value, path: impl Into<String>, problems: &'a Problems) -> Option<Self> {
        let path = path.into();
        if let Value::Object(object) = value {
            return Some(Self {
                object,
                path,
                problems,
            });
        }
        problems.add(&path, format!("expected an object, got {}", shown(value)));
        None
    }

    /// Notes every field that is not in `known`: a misspelt option must not pass silently.
    pub(super) fn only(&self, known: &[&str]) {
        for name in self.object.keys().filter(|name| !known.contains(&name.as_str())) {
            self.problem(
                name,
                format!("unknown field; expected one of {}", known.join(", ")),
            );
        }
    }

    /// Notes a problem with one field.
    pub(super) fn problem(&self, name: &str, message: impl Into<String>) {
        self.problems.add(&format!("{}/{name}", self.path), message);
    }

    /// Whether the field is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// The raw value of a required field.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        let value = self.object.get(name);
        if value.is_none() {
            self.problem(name, "missing");
        }
        value
    }

    fn read<T>(&self, name: &str, expected: &str, convert: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let converted = convert(value);
        if converted.is_none() {
            self.problem(name, format!("expected {expected}, got {}", shown(value)));
        }
        converted
    }

    /// A nested object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Fields::of(self.value(name)?, format!("{}/{name}", self.path), self.problems)
    }

    /// A non-empty string.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.read(name, "a non-empty string", |value| {
            value.as_str().filter(|text| !text.is_empty())
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    /// A whole number in a closed range.
    pub(super) fn integer(&self, name: &str, low: u64, high: u64) -> Option<u64> {
        let expected = format!("a whole number from {low} to {high}");
        self.read(name, &expected, |value| {
            value.as_u64().filter(|number| (low..=high).contains(number))
        })
    }

    /// A number above `low` and at most `high`.
    pub(super) fn number_above(&self, name: &str, low: f64, high: f64) -> Option<f64> {
        let expected = format!("a number above {low} and at most {high}");
        self.read(name, &expected, |value| {
            value.as_f64().filter(|number| *number > low && *number <= high)
        })
    }

    /// An instant in UTC.
    pub(super) fn instant(&self, name: &str) -> Option<i64> {
        self.read(name, "an instant such as 2017-01-01T00:00:00Z", |value| {
            value.as_str().and_then(parse_instant)
        })
    }

    /// An absolute path.
    pub(super) fn absolute_path(&self, name: &str) -> Option<PathBuf> {
        self.read(name, "an absolute path", |value| {
            value
                .as_str()
                .map(Path::new)
                .filter(|path| path.is_absolute())
                .map(Path::to_owned)
        })
    }

    /// A list of strings, each converted; every element that does not convert is noted.
    pub(super) fn list<T>(
        &self,
        name: &str,
        expected: &str,
        convert: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let values = self.read(name, "a list", Value::as_array)?;
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match value.as_str().and_then(&convert) {
                Some(item) => items.push(item),
                None => self.problem(
                    &format!("{name}/{index}"),
                    format!("expected {expected}, got {}", shown(value)),
                ),
            }
        }
        (items.len() == values.len()).then_some(items)
    }

    /// A list of objects.
    pub(super) fn objects(&self, name: &str) -> Option<Vec<Self>> {
        let values = self.read(name, "a list", Value::as_array)?;
        let objects: Vec<Self> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                Fields::of(value, format!("{}/{name}/{index}", self.path), self.problems)
            })
            .collect();
        (objects.len() == values.len()).then_some(objects)
    }

    /// A value of a type that knows its own JSON form.
    pub(super) fn decoded<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        match serde_json::from_value(self.value(name)?.clone()) {
            Ok(decoded) => Some(decoded),
            Err(error) => {
                self.problem(name, error.to_string());
                None
            }
        }
    }
}

/// A value as it may stand in a message: short.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        text
    } else {
        text.chars().take(57).chain("...".chars()).collect()
    }
}
