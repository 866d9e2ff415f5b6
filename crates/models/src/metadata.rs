//! What an artifact says about itself.

use serde_json::Value;

/// Metadata key of the signature: inputs, outputs and label as JSON.
pub const SIGNATURE_KEY: &str = "tidemark.signature";
/// Metadata key of the family's name.
pub const FAMILY_KEY: &str = "tidemark.family";
/// Metadata key of the training record: seed, code version, data hash, as-of time, label horizon, window.
pub const TRAINING_KEY: &str = "tidemark.training";

/// Written into every exported graph.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelMetadata {
    /// The family's name.
    pub family: String,
    /// The signature: version, task, label, inputs and outputs.
    pub signature: Value,
    /// The training record.
    pub training: Value,
}

impl ModelMetadata {
    /// Key and value pairs in the order in which they are written.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, String)> {
        vec![
            (FAMILY_KEY.to_owned(), self.family.clone()),
            (SIGNATURE_KEY.to_owned(), self.signature.to_string()),
            (TRAINING_KEY.to_owned(), self.training.to_string()),
        ]
    }
}
