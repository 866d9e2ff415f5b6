//! Gradient-boosted trees as one `ai.onnx.ml` 5 `TreeEnsemble` node in f64.
//!
//! The older `TreeEnsembleRegressor` answers in f32 even for f64 input; version 5 keeps f64 from threshold to sum.

use crate::{Attribute, GraphBuilder, Tensor, Value};

/// How a node compares its feature with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitMode {
    /// True where `x <= split`.
    LessOrEqual = 0,
    /// True where `x < split`.
    Less = 1,
}

/// Where a branch leads: an index into the ensemble's nodes or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// Another decision.
    Node(usize),
    /// An end.
    Leaf(usize),
}

/// One decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeNode {
    /// Column of the input.
    pub feature: usize,
    /// Comparison.
    pub mode: SplitMode,
    /// Finite threshold.
    pub split: f64,
    /// Whether a NaN takes the true branch.
    pub missing_goes_true: bool,
    /// Branch taken when the comparison holds. Must lie after this node: trees are acyclic by construction.
    pub when_true: Branch,
    /// Branch taken otherwise. Must lie after this node.
    pub when_false: Branch,
}

/// One end of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeLeaf {
    /// Output column it adds to.
    pub target: usize,
    /// Finite value added.
    pub weight: f64,
}

/// Trees whose leaf values are summed per target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TreeEnsemble {
    /// Number of output columns.
    pub targets: usize,
    /// Decisions of all trees.
    pub nodes: Vec<TreeNode>,
    /// Leaves of all trees.
    pub leaves: Vec<TreeLeaf>,
    /// First node of each tree.
    pub roots: Vec<usize>,
}

impl TreeEnsemble {
    /// No trees yet.
    #[must_use]
    pub fn new(targets: usize) -> Self {
        Self {
            targets,
            ..Self::default()
        }
    }

    /// Adds a tree that is a single leaf. The format has no such tree, so it becomes a decision with two equal leaves.
    pub fn push_constant_tree(&mut self, target: usize, weight: f64) {
        let first = self.leaves.len();
        self.leaves.extend([TreeLeaf { target, weight }; 2]);
        self.roots.push(self.nodes.len());
        self.nodes.push(TreeNode {
            feature: 0,
            mode: SplitMode::LessOrEqual,
            split: 0.0,
            missing_goes_true: true,
            when_true: Branch::Leaf(first),
            when_false: Branch::Leaf(first + 1),
        });
    }

    /// The first thing wrong with the ensemble, if anything is, for rows of `width` columns.
    fn fault(&self, width: usize) -> Option<String> {
        let lost = |branch: Branch, from: usize| match branch {
            Branch::Node(index) => index >= self.nodes.len() || index <= from,
            Branch::Leaf(index) => index >= self.leaves.len(),
        };
        if self.roots.is_empty() {
            return Some("a tree ensemble needs at least one tree".to_owned());
        }
        if let Some(root) = self.roots.iter().find(|root| **root >= self.nodes.len()) {
            return Some(format!("tree root {root} is not a node"));
        }
        let leaf = self
            .leaves
            .iter()
            .position(|leaf| leaf.target >= self.targets || !leaf.weight.is_finite());
        let node = self.nodes.iter().enumerate().position(|(index, node)| {
            node.feature >= width
                || !node.split.is_finite()
                || lost(node.when_true, index)
                || lost(node.when_false, index)
        });
        node.map(|index| format!("tree node {index} has a bad feature, split or branch"))
            .or_else(|| leaf.map(|index| format!("tree leaf {index} has a bad target or weight")))
    }

    /// Adds the ensemble to a graph: `rows` is f64 `[N, width]`, the result f64 `[N, targets]`.
    pub fn add_to(&self, graph: &mut GraphBuilder, rows: &Value, width: usize) -> Value {
        if let Some(message) = self.fault(width) {
            graph.fail(message);
        }
        let per_node =
            |value: &dyn Fn(&TreeNode) -> i64| Attribute::Ints(self.nodes.iter().map(value).collect());
        let modes: Vec<u8> = self.nodes.iter().map(|node| node.mode as u8).collect();
        let splits: Vec<f64> = self.nodes.iter().map(|node| node.split).collect();
        let weights: Vec<f64> = self.leaves.iter().map(|leaf| leaf.weight).collect();
        let attributes = vec![
            ("aggregate_function", Attribute::Int(1)),
            (
                "leaf_targetids",
                Attribute::Ints(self.leaves.iter().map(|leaf| leaf.target as i64).collect()),
            ),
            (
                "leaf_weights",
                Attribute::Tensor(Tensor::f64(&[weights.len()], &weights)),
            ),
            ("n_targets", Attribute::Int(self.targets as i64)),
            ("nodes_falseleafs", per_node(&|node| is_leaf(node.when_false))),
            ("nodes_falsenodeids", per_node(&|node| position(node.when_false))),
            ("nodes_featureids", per_node(&|node| node.feature as i64)),
            (
                "nodes_missing_value_tracks_true",
                per_node(&|node| i64::from(node.missing_goes_true)),
            ),
            (
                "nodes_modes",
                Attribute::Tensor(Tensor::u8(&[modes.len()], &modes)),
            ),
            (
                "nodes_splits",
                Attribute::Tensor(Tensor::f64(&[splits.len()], &splits)),
            ),
            ("nodes_trueleafs", per_node(&|node| is_leaf(node.when_true))),
            ("nodes_truenodeids", per_node(&|node| position(node.when_true))),
            ("post_transform", Attribute::Int(0)),
            (
                "tree_roots",
                Attribute::Ints(self.roots.iter().map(|&root| root as i64).collect()),
            ),
        ];
        graph.ml_node("TreeEnsemble", &[rows], attributes)
    }
}

fn is_leaf(branch: Branch) -> i64 {
    i64::from(matches!(branch, Branch::Leaf(_)))
}

fn position(branch: Branch) -> i64 {
    match branch {
        Branch::Node(index) | Branch::Leaf(index) => index as i64,
    }
}
