//! The `fit` job: a dataset and a split become a model.

use std::path::PathBuf;
use std::str::FromStr;

use serde_json::Value;
use tidemark_indicators::{Column, LabelSpec};
use tidemark_models::{Family, Task};

use super::reader::{Fields, MAX_SAFE_INTEGER};
use super::{Limits, read_label, read_limits};
use crate::split::{Fold, Split};

/// What is forecast from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The label of the dataset.
    pub label: LabelSpec,
    /// The agent's features, in the order of the signature.
    pub features: Vec<Column>,
    /// The task.
    pub task: Task,
}

/// Where the model comes from; goes into its metadata as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Name of the agent.
    pub agent: String,
    /// Instant up to which the data was known, ms.
    pub as_of: i64,
    /// Hash of the data as known then.
    pub data_hash: String,
    /// Version of the code that trains.
    pub code_version: String,
}

/// A checked `fit` job.
#[derive(Debug, Clone, PartialEq)]
pub struct FitJob {
    /// The dataset file.
    pub dataset: PathBuf,
    /// What is forecast from what.
    pub schema: Schema,
    /// The spans to fit and score on.
    pub split: Split,
    /// Name of the family.
    pub family: String,
    /// Parameters of the family; the family checks them.
    pub params: Value,
    /// Seed of everything random.
    pub seed: u64,
    /// Where the model comes from.
    pub meta: Meta,
    /// What the job may use.
    pub limits: Limits,
    /// Where the artifacts go.
    pub output_dir: PathBuf,
}

const FIELDS: [&str; 11] = [
    "contractVersion",
    "command",
    "dataset",
    "schema",
    "split",
    "family",
    "params",
    "seed",
    "meta",
    "limits",
    "outputDir",
];

pub(super) fn read(fields: &Fields<'_>) -> Option<FitJob> {
    fields.only(&FIELDS);
    let dataset = fields.absolute_path("dataset");
    let schema = fields.object("schema").and_then(|schema| read_schema(&schema));
    let split = fields.object("split").and_then(|split| read_split(&split));
    let family = read_family(fields, schema.as_ref());
    let params = fields.object("params").and_then(|_| fields.value("params"));
    let seed = fields.integer("seed", 0, MAX_SAFE_INTEGER);
    let meta = fields.object("meta").and_then(|meta| read_meta(&meta));
    let limits = read_limits(fields);
    let output_dir = fields.absolute_path("outputDir");
    Some(FitJob {
        dataset: dataset?,
        schema: schema?,
        split: split?,
        family: family?,
        params: params?.clone(),
        seed: seed?,
        meta: meta?,
        limits: limits?,
        output_dir: output_dir?,
    })
}

fn read_schema(schema: &Fields<'_>) -> Option<Schema> {
    schema.only(&["label", "features", "task"]);
    let label = read_label(schema);
    let features = schema.list("features", "the name of a feature column", |name| {
        Column::from_str(name).ok()
    });
    for (index, feature) in features.iter().flatten().enumerate() {
        if features
            .iter()
            .flatten()
            .take(index)
            .any(|earlier| earlier == feature)
        {
            schema.problem(&format!("features/{index}"), format!("{feature} is listed twice"));
        }
    }
    let task = schema.decoded::<Task>("task");
    if let (Some(label), Some(task)) = (&label, task) {
        check_task(schema, label, task);
    }
    Some(Schema {
        label: label?,
        features: features?,
        task: task?,
    })
}

/// A direction is the sign of a return, a volatility is judged by the next squared return.
fn check_task(schema: &Fields<'_>, label: &LabelSpec, task: Task) {
    let fits = match label {
        LabelSpec::ForwardReturnSign { .. } => task == Task::Direction,
        LabelSpec::NextSquaredReturn => task == Task::Volatility,
    };
    if !fits {
        schema.problem(
            "task",
            "direction needs the label forward_return_sign, volatility next_squared_return",
        );
    }
}

fn read_family(fields: &Fields<'_>, schema: Option<&Schema>) -> Option<String> {
    let name = fields.text("family")?;
    let Some(family) = tidemark_models::family(name) else {
        let known: Vec<&str> = tidemark_models::families()
            .iter()
            .map(|family| family.name())
            .collect();
        fields.problem(
            "family",
            format!("expected one of {}, got {name:?}", known.join(", ")),
        );
        return None;
    };
    if let Some(schema) = schema {
        if family.task() != schema.task {
            fields.problem(
                "family",
                format!("{name} does not forecast the task of the schema"),
            );
        }
        check_features(fields, family.as_ref(), schema);
    }
    Some(name.to_owned())
}

/// A family that reads the agent's features needs at least one.
fn check_features(fields: &Fields<'_>, family: &dyn Family, schema: &Schema) {
    if schema.features.is_empty()
        && family
            .inputs(&[], &tidemark_models::WindowParams::default())
            .is_empty()
    {
        fields.problem(
            "schema/features",
            format!("{} needs at least one feature", family.name()),
        );
    }
}

fn read_split(split: &Fields<'_>) -> Option<Split> {
    split.only(&["folds", "gate"]);
    let folds = split.objects("folds");
    // Only a refit does without test rows; it has one fold, and may do without a gate.
    let is_refit = matches!(folds.as_deref(), Some([fold]) if !fold.has("test"));
    let gate = if is_refit && !split.has("gate") {
        Some(None)
    } else {
        split.decoded("gate").map(Some)
    };
    let folds: Vec<Option<Fold>> = folds?.iter().map(|fold| read_fold(fold, is_refit)).collect();
    if folds.is_empty() {
        split.problem("folds", "expected at least one fold");
    }
    Some(Split {
        folds: folds.into_iter().collect::<Option<_>>()?,
        gate: gate?,
    })
}

fn read_fold(fold: &Fields<'_>, is_refit: bool) -> Option<Fold> {
    fold.only(&["fit", "earlyStopping", "calibration", "test"]);
    let [fit, early_stopping, calibration] =
        ["fit", "earlyStopping", "calibration"].map(|name| fold.decoded(name));
    let test = if is_refit {
        Some(None)
    } else {
        fold.decoded("test").map(Some)
    };
    Some(Fold {
        fit: fit?,
        early_stopping: Some(early_stopping?),
        calibration: Some(calibration?),
        test: test?,
    })
}

fn read_meta(meta: &Fields<'_>) -> Option<Meta> {
    meta.only(&["agent", "asOf", "dataHash", "codeVersion"]);
    let [agent, data_hash, code_version] =
        ["agent", "dataHash", "codeVersion"].map(|name| meta.text(name).map(ToOwned::to_owned));
    let as_of = meta.instant("asOf");
    Some(Meta {
        agent: agent?,
        as_of: as_of?,
        data_hash: data_hash?,
        code_version: code_version?,
    })
}
