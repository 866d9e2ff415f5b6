use crate::Label;

/// Average uniqueness of each label (López de Prado, 2018, ch. 4): u = mean over the label's bars (start, end\] of
/// 1/c, c being the number of labels alive at that bar.
///
/// Overlapping labels tell the same story more than once; Σu is the number of independent stories. A missing label
/// has weight 0. Weights depend on all labels given, later ones too: pass only labels matured at the time of the fit.
///
/// ```
/// use tidemark_indicators::{Label, uniqueness};
/// let labels = [Some(Label { start: 0, end: 2, value: 1.0 }), Some(Label { start: 1, end: 3, value: 0.0 })];
/// assert_eq!(uniqueness(&labels), [0.75, 0.75]);
/// ```
#[must_use]
pub fn uniqueness(labels: &[Option<Label>]) -> Vec<f64> {
    let last_bar = labels.iter().flatten().map(|label| label.end).max().unwrap_or(0);
    let mut alive = vec![0_u32; last_bar + 1];
    for label in labels.iter().flatten() {
        for count in &mut alive[label.start + 1..=label.end] {
            *count += 1;
        }
    }
    let weight = |label: &Label| {
        let life = &alive[label.start + 1..=label.end];
        life.iter().map(|&count| 1.0 / f64::from(count)).sum::<f64>() / life.len() as f64
    };
    labels
        .iter()
        .map(|label| label.as_ref().map_or(0.0, weight))
        .collect()
}
