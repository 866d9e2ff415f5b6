use crate::{Bar, Column, IndicatorError, LOOKBACK, columns_in};

/// Columns of a live series, one bar at a time, holding no more than the last [`LOOKBACK`] bars.
///
/// Gives the bits that [`crate::columns`] gives at the same bar.
#[derive(Debug, Clone)]
pub struct ColumnStream {
    wanted: Vec<Column>,
    recent: Vec<Bar>,
}

impl ColumnStream {
    /// A stream that has seen no bar.
    #[must_use]
    pub fn new(wanted: &[Column]) -> Self {
        Self {
            wanted: wanted.to_vec(),
            recent: Vec::with_capacity(LOOKBACK),
        }
    }

    /// Takes the next bar and returns one value per wanted column; NaN while warming up.
    ///
    /// # Errors
    /// [`IndicatorError::Bar`] when the bar is invalid or not after the one before; the stream then stays as it was.
    pub fn push(&mut self, bar: &Bar) -> Result<Vec<f64>, IndicatorError> {
        let dropped = (self.recent.len() == LOOKBACK).then(|| self.recent.remove(0));
        self.recent.push(*bar);
        let last = self.recent.len() - 1;
        match columns_in(&self.recent, last..last + 1, &self.wanted) {
            Ok(values) => Ok(values.into_iter().flatten().collect()),
            Err(error) => {
                self.recent.pop();
                if let Some(oldest) = dropped {
                    self.recent.insert(0, oldest);
                }
                Err(error)
            }
        }
    }
}
