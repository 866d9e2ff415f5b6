//! Parameters as JSON, checked.

use crate::{ModelError, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads `value` as `P`; `null` stands for "all defaults". `P` should refuse unknown fields.
pub(crate) fn parse<P: DeserializeOwned>(family: &'static str, value: &Value) -> Result<P> {
    let object = if value.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        value.clone()
    };
    serde_json::from_value(object).map_err(|error| ModelError::InvalidParams {
        family,
        message: error.to_string(),
    })
}

/// Checks that a parameter lies in a closed range; NaN does not.
pub(crate) fn in_range(family: &'static str, name: &str, value: f64, min: f64, max: f64) -> Result<()> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ModelError::InvalidParams {
        family,
        message: format!("{name} must be in [{min}, {max}], got {value}"),
    })
}
