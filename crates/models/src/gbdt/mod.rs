//! Gradient-boosted decision trees on histograms.
//!
//! Leaf-wise growth on quantile bins with second-order gains (Friedman, 2001; Chen and Guestrin, 2016; Ke et al., 2017),
//! learned directions for missing values, sample weights, row and feature sampling and early stopping. One thread, integer
//! sums: the same rows, settings and seed give the same trees to the last bit.

mod binning;
mod booster;
mod check;
mod grower;
mod histogram;
mod objective;
mod params;
mod sampling;
mod split;
mod tree;

pub use binning::MAX_BINS;
pub use booster::{Booster, Round, TrainingRows, train};
pub use objective::Objective;
pub use params::{CheckedGbdtParams, GbdtParams};
pub use tree::{Child, Node, Tree};
