/// Powers of two by which numbers are kept in range.
const BLOCK: i32 = 128;

/// P(Dₙ ≤ x) by Pomeranz's recursion (1974): the empirical process stays in the band at the 2n + 2 points where its
/// edges cross whole numbers; between neighbouring points the counts grow as a Poisson process. Exact, O(n² · nx).
pub(super) fn pomeranz(n: f64, x: f64) -> f64 {
    let band = Band::new(n, x);
    let steps = Steps::new(n, &band);
    let block = 2.0_f64.powi(BLOCK);
    let mut exponent = 0;
    let mut row = vec![0.0; band.n as usize + 1];
    row[0] = 1.0;
    let mut first = 0;
    for i in 1..=2 * band.n + 1 {
        let (from, to) = band.counts_at(i);
        let mut next = vec![0.0; row.len()];
        for (j, sum) in (from..=to).zip(&mut next[from..]) {
            *sum = (first..=j).map(|k| row[k] * steps.at(i, j - k)).sum();
        }
        let largest = next.iter().copied().fold(0.0, f64::max);
        if largest > 0.0 && largest < 1.0 / block {
            for value in &mut next {
                *value *= block;
            }
            exponent -= BLOCK;
        }
        (row, first) = (next, from);
    }
    let mut p = row[band.n as usize];
    for m in 1..=band.n {
        p *= m as f64;
        if p > block {
            p /= block;
            exponent += BLOCK;
        }
    }
    p * 2.0_f64.powi(exponent)
}

/// The band of half-width t = nx around the diagonal.
struct Band {
    n: i64,
    whole: i64,
    /// Distance of t from the nearest whole number.
    rest: f64,
    has_rest: i64,
    rounds_up: i64,
}

impl Band {
    fn new(n: f64, x: f64) -> Self {
        let t = n * x;
        let fraction = t - t.floor();
        Self {
            n: n as i64,
            whole: t.floor() as i64,
            rest: fraction.min(1.0 - fraction),
            has_rest: i64::from(fraction > 0.0),
            rounds_up: i64::from(fraction > 0.5),
        }
    }

    /// Counts, both inclusive, that lie in the band at point `i` of 1..=2n + 1.
    fn counts_at(&self, i: i64) -> (usize, usize) {
        let (n, whole) = (self.n, self.whole);
        let half = (i + 1) / 2;
        let (low, high) = if i % 2 == 0 {
            (half - whole, half + whole + self.rounds_up - 1)
        } else if half == n + 1 {
            (n - whole - self.has_rest + 1, n + whole + self.has_rest - 1)
        } else {
            (half - whole - self.rounds_up, half + whole + self.has_rest - 2)
        };
        (low.max(0) as usize, high.min(n) as usize)
    }
}

/// wᵏ/k! for the three widths w between neighbouring points, in units of 1/n: Poisson weights without their constant.
struct Steps {
    last: i64,
    outer: Vec<f64>,
    wide: Vec<f64>,
    narrow: Vec<f64>,
}

impl Steps {
    fn new(n: f64, band: &Band) -> Self {
        let powers = |width: f64| -> Vec<f64> {
            let mut value = 1.0;
            let count = band.n as usize + 1;
            (0..count)
                .map(|k| {
                    if k > 0 {
                        value *= width / n / k as f64;
                    }
                    value
                })
                .collect()
        };
        Self {
            last: 2 * band.n + 1,
            outer: powers(band.rest),
            wide: powers(2.0 * band.rest),
            narrow: powers(1.0 - 2.0 * band.rest),
        }
    }

    fn at(&self, i: i64, growth: usize) -> f64 {
        let weights = if i == 1 || i == self.last {
            &self.outer
        } else if i % 2 == 1 {
            &self.wide
        } else {
            &self.narrow
        };
        weights[growth]
    }
}
