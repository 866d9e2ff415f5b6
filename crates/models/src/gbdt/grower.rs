//! Growth of one tree, best gain first.

use super::binning::BinnedMatrix;
use super::histogram::{Histogram, LeafRows, QuantisedGradients, Scale, Sums, add, build, subtract};
use super::params::CheckedGbdtParams;
use super::split::{Split, SplitRules, best_split};
use super::tree::{Child, Node, Tree};

/// Buffers for growing trees on one matrix, reused from tree to tree.
pub(crate) struct Grower<'a> {
    matrix: &'a BinnedMatrix,
    params: &'a CheckedGbdtParams,
    /// One histogram per leaf, made when first needed.
    histograms: Vec<Histogram>,
    /// Rows of the tree, those of a leaf side by side and in their original order.
    indices: Vec<u32>,
    spill: Vec<u32>,
    gathered: Vec<Sums>,
}

/// A leaf of the tree under construction.
#[derive(Debug, Clone)]
struct OpenLeaf {
    start: usize,
    end: usize,
    depth: usize,
    sums: Sums,
    split: Option<Split>,
    /// Node whose child this leaf is, and whether it is the left one.
    parent: Option<(usize, bool)>,
}

/// A tree with its rows still sorted by leaf.
pub(crate) struct GrownTree<'g> {
    pub(crate) tree: Tree,
    /// Threshold bin of each node.
    pub(crate) threshold_bins: Vec<usize>,
    /// Rows of each leaf.
    pub(crate) leaf_rows: Vec<&'g [u32]>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(matrix: &'a BinnedMatrix, params: &'a CheckedGbdtParams) -> Self {
        Self {
            matrix,
            params,
            histograms: Vec::new(),
            indices: Vec::new(),
            spill: Vec::new(),
            gathered: Vec::new(),
        }
    }

    /// Grows a tree on `rows` (ascending) and `features` (ascending).
    pub(crate) fn grow(
        &mut self,
        gradients: &QuantisedGradients,
        rows: &[u32],
        features: &[usize],
    ) -> GrownTree<'_> {
        let rules = SplitRules::new(self.params, gradients.scale);
        self.indices.clear();
        self.indices.extend_from_slice(rows);
        self.spill.resize(rows.len(), 0);
        let mut leaves = vec![self.root(gradients, features, rules)];
        let mut nodes = Vec::new();
        let mut threshold_bins = Vec::new();
        while leaves.len() < self.params.num_leaves {
            let Some((at, split)) = best_leaf(&leaves) else {
                break;
            };
            let node = nodes.len();
            nodes.push(self.node(&split, at, leaves.len()));
            threshold_bins.push(split.threshold_bin);
            attach(&mut nodes, leaves[at].parent, node);
            let is_last = leaves.len() + 1 == self.params.num_leaves;
            self.split_leaf(&mut leaves, at, &split, node);
            if !is_last {
                self.prepare_children(&mut leaves, at, gradients, features, rules);
            }
        }
        let values = leaves
            .iter()
            .map(|leaf| self.leaf_value(leaf.sums, gradients.scale))
            .collect();
        let leaf_rows = leaves
            .iter()
            .map(|leaf| &self.indices[leaf.start..leaf.end])
            .collect();
        GrownTree {
            tree: Tree {
                nodes,
                leaves: values,
            },
            threshold_bins,
            leaf_rows,
        }
    }

    fn root(&mut self, gradients: &QuantisedGradients, features: &[usize], rules: SplitRules) -> OpenLeaf {
        let mut leaf = OpenLeaf {
            start: 0,
            end: self.indices.len(),
            depth: 0,
            sums: [0; 2],
            split: None,
            parent: None,
        };
        self.build_histogram(0, &leaf, gradients, features);
        if let Some(&feature) = features.first() {
            let range = self.matrix.offsets[feature]..self.matrix.offsets[feature + 1];
            self.histograms[0][range]
                .iter()
                .for_each(|sums| add(&mut leaf.sums, *sums));
        }
        self.find_split(0, &mut leaf, features, rules);
        leaf
    }

    fn node(&self, split: &Split, left: usize, right: usize) -> Node {
        Node {
            feature: split.feature,
            threshold: self.matrix.features[split.feature].threshold(split.threshold_bin),
            missing_left: split.missing_left,
            left: Child::Leaf(left as u32),
            right: Child::Leaf(right as u32),
            gain: split.gain,
        }
    }

    /// Replaces leaf `at` by its left side and appends the right side.
    fn split_leaf(&mut self, leaves: &mut Vec<OpenLeaf>, at: usize, split: &Split, node: usize) {
        let parent = leaves[at].clone();
        let middle = parent.start + self.partition(parent.start, parent.end, split);
        let right = [parent.sums[0] - split.left[0], parent.sums[1] - split.left[1]];
        let depth = parent.depth + 1;
        leaves[at] = OpenLeaf {
            end: middle,
            depth,
            sums: split.left,
            split: None,
            parent: Some((node, true)),
            ..parent
        };
        leaves.push(OpenLeaf {
            start: middle,
            end: parent.end,
            depth,
            sums: right,
            split: None,
            parent: Some((node, false)),
        });
    }

    /// Histograms and best splits of the two newest leaves, `at` and the last.
    fn prepare_children(
        &mut self,
        leaves: &mut [OpenLeaf],
        at: usize,
        gradients: &QuantisedGradients,
        features: &[usize],
        rules: SplitRules,
    ) {
        let last = leaves.len() - 1;
        let can_split = |leaf: &OpenLeaf| {
            leaf.depth < self.params.max_depth && leaf.end - leaf.start >= 2 * self.params.min_data_in_leaf
        };
        if !can_split(&leaves[at]) && !can_split(&leaves[last]) {
            return;
        }
        // The parent's histogram lies at `at`: build the smaller child at `last`, subtract, and swap if that was the left one.
        let left_is_smaller = leaves[at].end - leaves[at].start <= leaves[last].end - leaves[last].start;
        let smaller = if left_is_smaller { at } else { last };
        self.build_histogram(last, &leaves[smaller], gradients, features);
        let (parents, children) = self.histograms.split_at_mut(last);
        subtract(self.matrix, features, &mut parents[at], &children[0]);
        if left_is_smaller {
            self.histograms.swap(at, last);
        }
        self.find_split(at, &mut leaves[at], features, rules);
        self.find_split(last, &mut leaves[last], features, rules);
    }

    fn find_split(&self, slot: usize, leaf: &mut OpenLeaf, features: &[usize], rules: SplitRules) {
        let large_enough = leaf.end - leaf.start >= 2 * self.params.min_data_in_leaf;
        if large_enough && leaf.depth < self.params.max_depth {
            leaf.split = best_split(self.matrix, features, &self.histograms[slot], leaf.sums, rules);
        }
    }

    fn build_histogram(
        &mut self,
        slot: usize,
        leaf: &OpenLeaf,
        gradients: &QuantisedGradients,
        features: &[usize],
    ) {
        while self.histograms.len() <= slot {
            self.histograms.push(vec![[0; 2]; self.matrix.total_bins()]);
        }
        let indices = &self.indices[leaf.start..leaf.end];
        let rows = if indices.len() == gradients.rows.len() {
            LeafRows::All(&gradients.rows)
        } else {
            self.gathered.clear();
            self.gathered
                .extend(indices.iter().map(|row| gradients.rows[*row as usize]));
            LeafRows::Some {
                indices,
                gradients: &self.gathered,
            }
        };
        build(self.matrix, features, rows, &mut self.histograms[slot]);
    }

    /// Stable, branch-free partition of `indices[start..end]`; returns how many rows went left.
    fn partition(&mut self, start: usize, end: usize, split: &Split) -> usize {
        let column = self.matrix.columns[split.feature].as_slice();
        let goes_left = bins_left(
            self.matrix,
            split.feature,
            split.threshold_bin,
            split.missing_left,
        );
        let indices = &mut self.indices[start..end];
        let spill = &mut self.spill[..indices.len()];
        let mut left = 0;
        for at in 0..indices.len() {
            let row = indices[at];
            let is_left = goes_left[usize::from(column[row as usize])];
            // Both writes happen; the one that does not count is overwritten by the next row.
            spill[at - left] = row;
            indices[left] = row;
            left += usize::from(is_left);
        }
        let right = indices.len() - left;
        indices[left..].copy_from_slice(&spill[..right]);
        left
    }

    /// The Newton step −G / (H + λ), shrunk by the learning rate; 0 where there is no curvature to divide by.
    fn leaf_value(&self, sums: Sums, scale: Scale) -> f64 {
        let curvature = scale.hessian_steps(sums) * scale.hessian + self.params.lambda_l2;
        if curvature > 0.0 {
            -(sums[0] as f64 * scale.gradient) / curvature * self.params.learning_rate
        } else {
            0.0
        }
    }
}

/// The leaf whose split gains most, the oldest of equals.
fn best_leaf(leaves: &[OpenLeaf]) -> Option<(usize, Split)> {
    let mut best: Option<(usize, Split)> = None;
    for (at, leaf) in leaves.iter().enumerate() {
        if let Some(split) = leaf.split
            && best.is_none_or(|(_, other)| split.gain > other.gain)
        {
            best = Some((at, split));
        }
    }
    best
}

/// Points the parent of a leaf that became `node` at it.
fn attach(nodes: &mut [Node], parent: Option<(usize, bool)>, node: usize) {
    if let Some((parent, is_left)) = parent {
        let child = Child::Node(node as u32);
        if is_left {
            nodes[parent].left = child;
        } else {
            nodes[parent].right = child;
        }
    }
}

/// For every bin of `feature`, whether its rows go left.
pub(crate) fn bins_left(
    matrix: &BinnedMatrix,
    feature: usize,
    threshold_bin: usize,
    missing_left: bool,
) -> [bool; 256] {
    let missing = matrix.features[feature].missing_bin();
    std::array::from_fn(|bin| {
        if Some(bin) == missing {
            missing_left
        } else {
            bin <= threshold_bin
        }
    })
}
