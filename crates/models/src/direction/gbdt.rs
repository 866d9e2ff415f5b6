//! Gradient-boosted trees as a family.

use super::fitted::{DirectionModel, FittedDirection};
use super::{feature_inputs, slices};
use crate::calibration::{Platt, sigmoid};
use crate::gbdt::{Booster, Child, GbdtParams, Objective, Round, TrainingRows, Tree, train};
use crate::{
    Family, Fitted, ModelError, Progress, Result, Rows, SliceNeeds, Slices, Task, WindowParams, params,
};
use serde_json::{Value, json};
use tidemark_indicators::InputSpec;
use tidemark_onnx::{
    Branch, GraphBuilder, SplitMode, Tensor, TreeEnsemble, TreeLeaf, TreeNode, Value as Tensored,
};

const FAMILY: &str = "gbdt";

/// Trees boosted on log loss, stopped on the early-stopping slice and calibrated on the calibration slice.
///
/// NaN is a missing value, in fitting and in predicting, and follows each node's learned direction. When no tree improves the
/// early-stopping loss the model is the constant log odds of the fit slice; the report then says `trees: 0`.
#[derive(Debug, Clone, Copy)]
pub struct Gbdt;

impl Family for Gbdt {
    fn name(&self) -> &'static str {
        FAMILY
    }

    fn task(&self) -> Task {
        Task::Direction
    }

    fn inputs(&self, features: &[String], _window: &WindowParams) -> Vec<InputSpec> {
        feature_inputs(features)
    }

    fn needs(&self) -> SliceNeeds {
        SliceNeeds::ALL
    }

    fn default_params(&self) -> Value {
        json!(GbdtParams::default())
    }

    fn fit(
        &self,
        params: &Value,
        slices: &Slices<'_>,
        seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let params: GbdtParams = params::parse(FAMILY, params)?;
        let checked = params.check()?;
        slices::check(slices, 1)?;
        let stop = (!slices.early_stopping.is_empty()).then(|| training_rows(&slices.early_stopping));
        let mut on_round = |round: Round| {
            if let Some(loss) = round.stop_loss {
                progress.metric("gbdt.early_stopping_loss", loss, round.done as u64);
            }
            if round.done.is_multiple_of(10) {
                progress.report(round.done as f64 / params.rounds as f64, "boosting");
            }
            !progress.cancelled()
        };
        let fit = training_rows(&slices.fit);
        let booster = train(
            &checked,
            Objective::LogLoss,
            &fit,
            stop.as_ref(),
            seed,
            &mut on_round,
        )?;
        let scores: Vec<f64> = slices.calibration.iter().map(|row| booster.score(row)).collect();
        let platt = Platt::fit(&scores, &slices.calibration);
        let model = CalibratedTrees { booster, platt };
        let report = report(&model, slices)?;
        progress.report(1.0, "trees calibrated");
        Ok(Box::new(FittedDirection {
            model,
            report,
            params: json!(params),
        }))
    }
}

fn training_rows<'a>(rows: &Rows<'a>) -> TrainingRows<'a> {
    TrainingRows {
        width: rows.width,
        inputs: rows.inputs,
        labels: rows.labels,
        weights: rows.weights,
    }
}

fn report(model: &CalibratedTrees, slices: &Slices<'_>) -> Result<Value> {
    let names = slices::names(slices);
    let gains = model.booster.importance();
    let total: f64 = gains.iter().sum();
    let mut importance: Vec<(&String, f64)> = names.iter().zip(gains).collect();
    // Stable sort: equal gains keep the order of the inputs.
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    let importance: Vec<Value> = importance
        .iter()
        .map(|(name, gain)| {
            let share = if total > 0.0 { gain / total } else { 0.0 };
            json!({ "input": name, "gain": gain, "share": share })
        })
        .collect();
    Ok(json!({
        "configurationsTried": 1,
        "inputs": names,
        "trees": model.booster.trees.len(),
        "bestIteration": model.booster.trees.len(),
        "roundsRun": model.booster.rounds_run,
        "leaves": model.booster.trees.iter().map(|tree| tree.leaves.len()).sum::<usize>(),
        "baseScore": model.booster.base_score,
        "importance": importance,
        "calibration": model.platt.report(),
        "losses": slices::losses(model, slices)?,
    }))
}

struct CalibratedTrees {
    booster: Booster,
    platt: Platt,
}

impl DirectionModel for CalibratedTrees {
    fn width(&self) -> usize {
        self.booster.width
    }

    fn probability(&self, row: &[f64]) -> Result<f64> {
        Ok(sigmoid(self.platt.apply(self.booster.score(row))))
    }

    fn add_to(&self, graph: &mut GraphBuilder, rows: &Tensored) -> Tensored {
        let mut ensemble = TreeEnsemble::new(1);
        for tree in &self.booster.trees {
            push_tree(&mut ensemble, tree);
        }
        if ensemble.roots.is_empty() {
            ensemble.push_constant_tree(0, 0.0);
        }
        let sum = ensemble.add_to(graph, rows, self.booster.width);
        let base = graph.constant(Tensor::scalar(self.booster.base_score));
        let score = graph.op("Add", &[&sum, &base]);
        self.platt.add_to(graph, &score)
    }
}

fn push_tree(ensemble: &mut TreeEnsemble, tree: &Tree) {
    if tree.nodes.is_empty() {
        ensemble.push_constant_tree(0, tree.leaves[0]);
        return;
    }
    let (first_node, first_leaf) = (ensemble.nodes.len(), ensemble.leaves.len());
    let branch = |child: Child| match child {
        Child::Node(index) => Branch::Node(first_node + index as usize),
        Child::Leaf(index) => Branch::Leaf(first_leaf + index as usize),
    };
    ensemble.roots.push(first_node);
    ensemble.nodes.extend(tree.nodes.iter().map(|node| TreeNode {
        feature: node.feature,
        mode: SplitMode::LessOrEqual,
        split: node.threshold,
        missing_goes_true: node.missing_left,
        when_true: branch(node.left),
        when_false: branch(node.right),
    }));
    ensemble.leaves.extend(tree.leaves.iter().map(|weight| TreeLeaf {
        target: 0,
        weight: *weight,
    }));
}
