use std::f64::consts::PI;

/// P(Dₙ⁺ > x) = x Σᵥ C(n, v) (x + v/n)^{v−1} (1 − x − v/n)^{n−v} over 0 ≤ v ≤ n(1 − x) (Birnbaum and Tingey, 1951).
///
/// Every summand is a binomial probability at p = x + v/n, over p. Those are computed by Loader's saddle-point form
/// (2000), which keeps all digits where logarithms of factorials would lose them; all are positive.
pub(super) fn one_sided(n: f64, x: f64) -> f64 {
    let t = n * x;
    let last = (n - t).floor() as u64;
    // v = 0: C(n, 0) x⁻¹ (1 − x)ⁿ.
    let first = (n * (-x).ln_1p()).exp() / x;
    let rest: f64 = (1..=last)
        .map(|v| {
            let v = v as f64;
            binomial_beside(n, v, t) / (x + v / n)
        })
        .sum();
    x * (first + rest)
}

/// Binomial probability of v in n at the mean v + t, for 0 < v < n and t > 0.
fn binomial_beside(n: f64, v: f64, t: f64) -> f64 {
    let (failures, mean_failures) = (n - v, n - v - t);
    if mean_failures <= 0.0 {
        return 0.0;
    }
    let log = stirling_error(n)
        - stirling_error(v)
        - stirling_error(failures)
        - deviance(v, v + t, -t)
        - deviance(failures, mean_failures, t);
    log.exp() * (n / (2.0 * PI * v * failures)).sqrt()
}

/// ln k! − ln(√(2πk) (k/e)ᵏ).
fn stirling_error(k: f64) -> f64 {
    if k < 16.0 {
        let log_factorial: f64 = (2..=k as u64).map(|i| i as f64).product::<f64>().ln();
        return log_factorial - (k + 0.5) * k.ln() + k - 0.5 * (2.0 * PI).ln();
    }
    let s = 1.0 / (k * k);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1_260.0 - s * (1.0 / 1_680.0 - s / 1_188.0)))) / k
}

/// x ln(x/mean) + mean − x, given x − mean, by a series where that difference is small.
fn deviance(x: f64, mean: f64, difference: f64) -> f64 {
    let ratio = difference / (x + mean);
    if ratio.abs() >= 0.1 {
        return x * (x / mean).ln() - difference;
    }
    // ln(x/mean) = 2 artanh(ratio).
    let mut sum = difference * ratio;
    let mut power = 2.0 * x * ratio;
    let mut odd = 3.0;
    loop {
        power *= ratio * ratio;
        let next = sum + power / odd;
        if next == sum {
            return sum;
        }
        (sum, odd) = (next, odd + 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_testkit::{Golden, assert_close};

    #[test]
    fn one_sided_tail_agrees_with_scipy() {
        let golden = Golden::load("drift/drift", "smirnov");
        let points = golden.list("n").iter().zip(golden.list("x"));
        for ((&n, &x), &expected) in points.zip(golden.list("survival")) {
            assert_close(&format!("n = {n}, x = {x}"), one_sided(n, x), expected, 1e-11);
        }
    }
}
