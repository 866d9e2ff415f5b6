//! Regression trees over raw feature values.

/// Where a branch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// Index of another node of the tree.
    Node(u32),
    /// Index of a leaf of the tree.
    Leaf(u32),
}

/// One decision: a row goes left if `row[feature] ≤ threshold`, or if that value is missing and `missing_left`.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Feature index in the row.
    pub feature: usize,
    /// Largest value that goes left.
    pub threshold: f64,
    /// Whether NaN goes left.
    pub missing_left: bool,
    /// Where rows go for which the condition holds.
    pub left: Child,
    /// Where the others go.
    pub right: Child,
    /// Reduction of the training loss by this split.
    pub gain: f64,
}

/// A tree. Node 0 is the root; a tree without nodes is its single leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Decisions; children follow their parent.
    pub nodes: Vec<Node>,
    /// Values by leaf index; at least one.
    pub leaves: Vec<f64>,
}

impl Tree {
    /// Value of the leaf that `row` falls into. The row is as wide as the rows of the fit.
    #[must_use]
    pub fn predict(&self, row: &[f64]) -> f64 {
        let mut at = if self.nodes.is_empty() {
            Child::Leaf(0)
        } else {
            Child::Node(0)
        };
        loop {
            match at {
                Child::Leaf(leaf) => return self.leaves[leaf as usize],
                Child::Node(index) => {
                    let node = &self.nodes[index as usize];
                    let value = row[node.feature];
                    let goes_left = if value.is_nan() {
                        node.missing_left
                    } else {
                        value <= node.threshold
                    };
                    at = if goes_left { node.left } else { node.right };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_threshold_and_the_missing_direction() {
        let tree = Tree {
            nodes: vec![
                Node {
                    feature: 1,
                    threshold: 0.5,
                    missing_left: false,
                    left: Child::Leaf(0),
                    right: Child::Node(1),
                    gain: 2.0,
                },
                Node {
                    feature: 0,
                    threshold: -1.0,
                    missing_left: true,
                    left: Child::Leaf(1),
                    right: Child::Leaf(2),
                    gain: 1.0,
                },
            ],
            leaves: vec![10.0, 20.0, 30.0],
        };
        assert_eq!(tree.predict(&[0.0, 0.5]), 10.0);
        assert_eq!(tree.predict(&[0.0, 0.6]), 30.0);
        assert_eq!(tree.predict(&[f64::NAN, f64::NAN]), 20.0);
        assert_eq!(tree.predict(&[f64::INFINITY, f64::NEG_INFINITY]), 10.0);
    }

    #[test]
    fn a_tree_without_nodes_is_its_leaf() {
        assert_eq!(
            Tree {
                nodes: vec![],
                leaves: vec![4.0]
            }
            .predict(&[]),
            4.0
        );
    }
}
