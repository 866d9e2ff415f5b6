/// Powers of two by which numbers are kept in range.
const BLOCK: i32 = 128;

/// P(Dₙ ≤ x): n!/nⁿ times the middle entry of Hⁿ (Durbin, 1968; Marsaglia, Tsang and Wang, 2003). With
/// x = (k − h)/n, 0 ≤ h < 1, H has 2k − 1 rows: for small nx only.
pub(super) fn durbin(n: f64, x: f64) -> f64 {
    let k = (n * x).ceil();
    let h = k - n * x;
    let k = k as usize;
    let mut base = Scaled {
        matrix: transition(2 * k - 1, h),
        exponent: 0,
    };
    let mut power = Scaled {
        matrix: Square::identity(2 * k - 1),
        exponent: 0,
    };
    let mut left = n as u64;
    while left > 0 {
        if left % 2 == 1 {
            power = power.times(&base, k - 1);
        }
        left /= 2;
        if left > 0 {
            base = base.times(&base, k - 1);
        }
    }
    let block = 2.0_f64.powi(BLOCK);
    let (mut p, mut exponent) = (power.matrix.at(k - 1, k - 1), power.exponent);
    for i in 1..=n as u64 {
        p *= i as f64 / n;
        if p < 1.0 / block {
            p *= block;
            exponent -= BLOCK;
        }
    }
    p * 2.0_f64.powi(exponent)
}

/// Entries 1/(i − j + 1)! on and below the first superdiagonal; first column and last row carry the powers of h.
fn transition(m: usize, h: f64) -> Square {
    let mut reciprocal_factorials = vec![1.0; m + 1];
    for j in 1..=m {
        reciprocal_factorials[j] = reciprocal_factorials[j - 1] / j as f64;
    }
    let mut matrix = Square::zero(m);
    for i in 0..m {
        for j in 1..=(i + 1).min(m - 1) {
            matrix.values[i * m + j] = reciprocal_factorials[i + 1 - j];
        }
    }
    for i in 0..m {
        let border = (1.0 - h.powf((i + 1) as f64)) * reciprocal_factorials[i + 1];
        matrix.values[i * m] = border;
        matrix.values[(m - 1) * m + (m - 1 - i)] = border;
    }
    let corner = 1.0 - 2.0 * h.powf(m as f64) + (2.0 * h - 1.0).max(0.0).powf(m as f64);
    matrix.values[(m - 1) * m] = corner * reciprocal_factorials[m];
    matrix
}

struct Square {
    size: usize,
    values: Vec<f64>,
}

impl Square {
    fn zero(size: usize) -> Self {
        Self {
            size,
            values: vec![0.0; size * size],
        }
    }

    fn identity(size: usize) -> Self {
        let mut matrix = Self::zero(size);
        for i in 0..size {
            matrix.values[i * size + i] = 1.0;
        }
        matrix
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    fn times(&self, other: &Self) -> Self {
        let size = self.size;
        let mut product = Self::zero(size);
        for (row, out) in self
            .values
            .chunks_exact(size)
            .zip(product.values.chunks_exact_mut(size))
        {
            for (factor, line) in row.iter().zip(other.values.chunks_exact(size)) {
                for (sum, value) in out.iter_mut().zip(line) {
                    *sum += factor * value;
                }
            }
        }
        product
    }
}

/// A matrix times 2 to the exponent.
struct Scaled {
    matrix: Square,
    exponent: i32,
}

impl Scaled {
    fn times(&self, other: &Self, middle: usize) -> Self {
        let mut matrix = self.matrix.times(&other.matrix);
        let mut exponent = self.exponent + other.exponent;
        let block = 2.0_f64.powi(BLOCK);
        if matrix.at(middle, middle) > block {
            for value in &mut matrix.values {
                *value /= block;
            }
            exponent += BLOCK;
        }
        Self { matrix, exponent }
    }
}
