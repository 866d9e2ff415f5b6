/// A table with a known nonlinear signal, the same to the last bit in any language with IEEE doubles.
///
/// u(k) is the k-th output of `SplitMix64` from `seed`, as (bits >> 11) · 2⁻⁵³. Feature j of row i is
/// x = u(i·width + j) − 0.5, rounded down to a multiple of 1/levels before the subtraction when `levels` is not 0.
/// With f = 2·x0 + 6·x1·x2 + (1 if x3 > 0.1 else −0.5) + 4·x4² − 0.33 + (1 if x5·x6 > 0.02 else 0) + x7 − 3·x8·x9
/// and e = the sum of the next four u minus 2, the targets are f + e > 0 and f + e/2. Weights are 0.5 + v, and a feature
/// is missing where w < `missing`, with v from `seed` + 1 and w from `seed` + 2. `width` is at least 10.
#[derive(Debug, Clone, Copy)]
pub struct PlantedTable {
    /// Number of rows.
    pub rows: usize,
    /// Features a row; those from the eleventh on carry nothing.
    pub width: usize,
    /// Distinct values of a feature; 0 for continuous features.
    pub levels: u32,
    /// Share of missing features.
    pub missing: f64,
    /// Seed.
    pub seed: u64,
}

/// The rows of a [`PlantedTable`].
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Features a row.
    pub width: usize,
    /// Row-major features; NaN where missing.
    pub inputs: Vec<f64>,
    /// Targets 0 or 1.
    pub binary: Vec<f64>,
    /// Numeric targets.
    pub numeric: Vec<f64>,
    /// Weights in [0.5, 1.5).
    pub weights: Vec<f64>,
}

impl PlantedTable {
    /// Makes the rows.
    ///
    /// # Panics
    /// When the table is narrower than the ten features that carry the signal.
    #[must_use]
    pub fn table(&self) -> Table {
        assert!(
            self.width >= 10,
            "a planted table has at least 10 features, got {}",
            self.width
        );
        let cells = self.rows * self.width;
        let mut table = Table {
            width: self.width,
            inputs: (0..cells).map(|k| self.feature(uniform(self.seed, k))).collect(),
            binary: Vec::with_capacity(self.rows),
            numeric: Vec::with_capacity(self.rows),
            weights: (0..self.rows)
                .map(|row| 0.5 + uniform(self.seed + 1, row))
                .collect(),
        };
        for row in 0..self.rows {
            let signal = signal(&table.inputs[row * self.width..(row + 1) * self.width]);
            let noise = (0..4)
                .map(|k| uniform(self.seed, cells + 4 * row + k))
                .sum::<f64>()
                - 2.0;
            table.binary.push(f64::from(u8::from(signal + noise > 0.0)));
            table.numeric.push(signal + 0.5 * noise);
        }
        for (k, input) in table.inputs.iter_mut().enumerate() {
            if uniform(self.seed + 2, k) < self.missing {
                *input = f64::NAN;
            }
        }
        table
    }

    fn feature(&self, u: f64) -> f64 {
        let levels = f64::from(self.levels);
        if self.levels == 0 {
            u - 0.5
        } else {
            (u * levels).floor() / levels - 0.5
        }
    }
}

fn signal(x: &[f64]) -> f64 {
    let step = if x[3] > 0.1 { 1.0 } else { -0.5 };
    let both = if x[5] * x[6] > 0.02 { 1.0 } else { 0.0 };
    2.0 * x[0] + 6.0 * x[1] * x[2] + step + 4.0 * x[4] * x[4] - 0.33 + both + x[7] - 3.0 * x[8] * x[9]
}

/// Output `k` of `SplitMix64` (Steele, Lea and Flood, 2014) from `seed`, on [0, 1).
fn uniform(seed: u64, k: usize) -> f64 {
    let mut z = seed.wrapping_add((k as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_its_shape_and_repeats() {
        let recipe = PlantedTable {
            rows: 2_000,
            width: 12,
            levels: 16,
            missing: 0.1,
            seed: 3,
        };
        let table = recipe.table();
        assert_eq!(table.inputs.len(), 24_000);
        let missing = table.inputs.iter().filter(|x| x.is_nan()).count();
        assert!((2_200..2_600).contains(&missing), "{missing}");
        let mut seen: Vec<f64> = table.inputs.iter().copied().filter(|x| !x.is_nan()).collect();
        seen.sort_by(f64::total_cmp);
        seen.dedup();
        assert_eq!(seen.len(), 16);
        let positive = table.binary.iter().sum::<f64>() / 2_000.0;
        assert!((0.4..0.8).contains(&positive), "{positive}");
        assert_eq!(recipe.table().numeric, table.numeric);
    }
}
