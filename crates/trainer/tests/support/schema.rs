//! A checker for the part of JSON Schema 2020-12 that our schemas use. It refuses keywords it does not know, so a
//! schema cannot quietly outgrow it.

use std::path::Path;

use serde_json::{Map, Value};

/// Keywords that say something to people only.
const SILENT: [&str; 5] = ["$schema", "$id", "$defs", "title", "description"];

/// Fails unless `document` satisfies the committed schema.
pub(crate) fn assert_valid(schema: &str, document: &Value) {
    let errors = validate(&load(schema), document);
    assert!(errors.is_empty(), "{schema}: {errors:?}\n{document}");
}

/// A committed schema.
pub(crate) fn load(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../libs/contracts/schemas");
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// All violations, as pointer and keyword.
pub(crate) fn validate(schema: &Value, document: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    Checker {
        root: schema,
        errors: &mut errors,
    }
    .check(schema, document, "");
    errors
}

struct Checker<'a> {
    root: &'a Value,
    errors: &'a mut Vec<String>,
}

impl<'a> Checker<'a> {
    fn check(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let schema = schema.as_object().expect("a schema object");
        for (keyword, rule) in schema {
            if !SILENT.contains(&keyword.as_str()) && !self.holds(schema, keyword, rule, value, at) {
                self.errors.push(format!("{at}: {keyword}"));
            }
        }
    }

    fn holds(
        &mut self,
        schema: &'a Map<String, Value>,
        keyword: &str,
        rule: &'a Value,
        value: &Value,
        at: &str,
    ) -> bool {
        let number = |limit: &Value, ok: fn(f64, f64) -> bool| {
            value
                .as_f64()
                .is_none_or(|number| ok(number, limit.as_f64().unwrap()))
        };
        match keyword {
            "$ref" => {
                let pointer = rule
                    .as_str()
                    .and_then(|reference| reference.strip_prefix('#'))
                    .unwrap();
                let target = self
                    .root
                    .pointer(pointer)
                    .unwrap_or_else(|| panic!("no {pointer}"));
                self.check(target, value, at);
                true
            }
            "type" => is_type(rule.as_str().unwrap(), value),
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "oneOf" => self.one_of(rule, value),
            "required" => strings(rule).all(|name| !value.is_object() || value.get(name).is_some()),
            "properties" | "items" => {
                self.children(keyword, rule, value, at);
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, false);
                let known = schema["properties"].as_object().unwrap();
                value
                    .as_object()
                    .is_none_or(|object| object.keys().all(|name| known.contains_key(name)))
            }
            "minimum" => number(rule, |number, limit| number >= limit),
            "maximum" => number(rule, |number, limit| number <= limit),
            "exclusiveMinimum" => number(rule, |number, limit| number > limit),
            "minLength" => value
                .as_str()
                .is_none_or(|text| text.len() as u64 >= rule.as_u64().unwrap()),
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items
                    .iter()
                    .enumerate()
                    .all(|(index, item)| !items[..index].contains(item))
            }),
            "pattern" => value
                .as_str()
                .is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            other => panic!("{at}: the checker does not know the keyword {other}"),
        }
    }

    fn one_of(&self, rule: &'a Value, value: &Value) -> bool {
        let passes = |schema: &&'a Value| {
            let mut errors = Vec::new();
            Checker {
                root: self.root,
                errors: &mut errors,
            }
            .check(schema, value, "");
            errors.is_empty()
        };
        rule.as_array().unwrap().iter().filter(passes).count() == 1
    }

    fn children(&mut self, keyword: &str, rule: &'a Value, value: &Value, at: &str) {
        if keyword == "items" {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                self.check(rule, item, &format!("{at}/{index}"));
            }
        } else {
            for (name, schema) in rule.as_object().unwrap() {
                if let Some(child) = value.get(name) {
                    self.check(schema, child, &format!("{at}/{name}"));
                }
            }
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("unknown type {other}"),
    }
}

fn strings(rule: &Value) -> impl Iterator<Item = &str> {
    rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap())
}

/// The three patterns the schemas use.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^/" => text.starts_with('/'),
        "^[0-9a-f]{64}$" => {
            text.len() == 64
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        }
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$" => {
            tidemark_trainer::instant::parse_instant(text).is_some()
        }
        other => panic!("the checker does not know the pattern {other}"),
    }
}
