/// The last `capacity` values, read oldest first.
///
/// Sums are recomputed from the values on every call rather than updated in place: an updated sum carries rounding
/// from values long gone, which would make the result depend on where the history began.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    values: Vec<f64>,
    capacity: usize,
    oldest: usize,
}

impl Window {
    /// An empty window; a capacity of zero is raised to one.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            values: Vec::with_capacity(capacity),
            capacity,
            oldest: 0,
        }
    }

    pub(crate) fn push(&mut self, value: f64) {
        if self.values.len() < self.capacity {
            self.values.push(value);
        } else {
            self.values[self.oldest] = value;
            self.oldest = (self.oldest + 1) % self.capacity;
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.values.len() == self.capacity
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = f64> + Clone {
        let (newer, older) = self.values.split_at(self.oldest);
        older.iter().chain(newer).copied()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.iter().sum::<f64>() / self.values.len() as f64
    }

    pub(crate) fn min(&self) -> f64 {
        self.iter().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn max(&self) -> f64 {
        self.iter().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Σ(x − mean)².
    pub(crate) fn squared_deviations(&self) -> f64 {
        let mean = self.mean();
        self.iter().map(|value| (value - mean) * (value - mean)).sum()
    }

    /// Variance with divisor n − 1.
    pub(crate) fn sample_variance(&self) -> f64 {
        self.squared_deviations() / (self.values.len() as f64 - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_values_oldest_first() {
        let mut window = Window::new(3);
        for value in [1.0, 2.0, 3.0, 4.0, 5.0] {
            window.push(value);
        }
        assert!(window.is_full());
        assert_eq!(window.iter().collect::<Vec<_>>(), [3.0, 4.0, 5.0]);
        assert_eq!((window.mean(), window.min(), window.max()), (4.0, 3.0, 5.0));
        assert_eq!(
            (window.squared_deviations(), window.sample_variance()),
            (2.0, 1.0)
        );
    }
}
