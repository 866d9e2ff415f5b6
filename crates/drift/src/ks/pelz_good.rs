use std::f64::consts::PI;

/// P(Dₙ ≤ x) ≈ K₀(z) + K₁(z)/√n + K₂(z)/n + K₃(z)/n^{3/2} with z = x√n (Li-Chien, 1956; Korolyuk, 1960), in theta series
/// that converge fast for small z (Pelz and Good, 1976).
pub(super) fn pelz_good(n: f64, x: f64) -> f64 {
    let z = n.sqrt() * x;
    let square = z * z;
    // The series of odd integers m = 2k − 1 are in q^{m²}, those of all integers in q^{4k²}.
    let log_q = -PI * PI / 8.0 / square;
    let terms = (16.0 * z / PI).ceil() as u32;
    let mut sums = [0.0; 4];
    // From the smallest term on.
    for k in (1..=terms).rev() {
        let odd = odd_terms(square, f64::from(2 * k - 1), log_q);
        let whole = whole_terms(z, f64::from(k), log_q);
        for (sum, term) in sums.iter_mut().zip(odd.iter().zip(whole)) {
            *sum += term.0 + term.1;
        }
    }
    let root = (2.0 * PI).sqrt();
    sums.iter()
        .enumerate()
        .map(|(order, sum)| root * sum / n.powf(order as f64 / 2.0))
        .sum()
}

/// Terms of K₀ to K₃ for one odd integer.
fn odd_terms(s: f64, m: f64, log_q: f64) -> [f64; 4] {
    let weight = (m * m * log_q).exp();
    let u = PI * PI * m * m / 4.0;
    let z = s.sqrt();
    let k1 = -s + u;
    let k2 = 6.0 * s.powi(3) + 2.0 * s * s + (2.0 * s * s - 5.0 * s) * u + (1.0 - 2.0 * s) * u * u;
    let k3 = -30.0 * s.powi(3) - 90.0 * s.powi(4)
        + (135.0 * s * s - 96.0 * s.powi(3)) * u
        + (-60.0 * s + 212.0 * s * s) * u * u
        + (5.0 - 30.0 * s) * u.powi(3);
    [
        weight / z,
        weight * k1 / (6.0 * s * s),
        weight * k2 / (72.0 * z.powi(7)),
        weight * k3 / (6_480.0 * z.powi(10)),
    ]
}

/// Terms of K₂ and K₃ for one whole number.
fn whole_terms(z: f64, k: f64, log_q: f64) -> [f64; 4] {
    let weight = PI * PI * k * k * (4.0 * k * k * log_q).exp();
    let k3 = 3.0 * z * z - PI * PI * k * k;
    [
        0.0,
        0.0,
        -weight / (36.0 * z.powi(3)),
        weight * k3 / (216.0 * z.powi(6)),
    ]
}
