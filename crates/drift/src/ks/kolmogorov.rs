//! Kolmogorov's law for finite n (Simard and L'Ecuyer, 2011): each part of the plane by the method that is accurate there.

use super::durbin::durbin;
use super::pelz_good::pelz_good;
use super::pomeranz::pomeranz;
use super::smirnov::one_sided;

/// Largest n for which an exact method is affordable everywhere.
const SMALL: f64 = 140.0;

/// P(Dₙ > x) for the one-sample statistic of `n` values, a whole number of 1 or more.
///
/// The boundaries are scipy's, so that the approximations (Pelz–Good for n > 140, and twice the one-sided tail, which
/// counts twice what leaves the band on both sides) take over where its do.
pub(super) fn survival(n: f64, x: f64) -> f64 {
    let t = n * x;
    let square = t * x;
    if x >= 1.0 {
        0.0
    } else if t <= 0.5 {
        1.0
    } else if t <= 1.0 {
        // Ruben and Gambino (1982): P(Dₙ ≤ x) = n!/nⁿ (2t − 1)ⁿ.
        let inside: f64 = (1..=n as u64).map(|i| i as f64 / n * (2.0 * t - 1.0)).product();
        1.0 - inside
    } else if t >= n - 1.0 {
        2.0 * (1.0 - x).powf(n)
    } else if n > SMALL && square >= 370.0 {
        0.0
    } else if x >= 0.5 || square > 4.0 || (n > SMALL && square >= 2.2) {
        (2.0 * one_sided(n, x)).min(1.0)
    } else {
        let inside = if square <= 0.754_693 && n <= SMALL || n > SMALL && n <= 1e5 && t * x.sqrt() <= 1.4 {
            durbin(n, x)
        } else if n <= SMALL {
            pomeranz(n, x)
        } else {
            pelz_good(n, x)
        };
        (1.0 - inside).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_testkit::{Golden, assert_close};

    #[test]
    fn survival_agrees_with_scipy_on_both_sides_of_every_boundary() {
        let golden = Golden::load("drift/drift", "kolmogorov");
        let points = golden.list("n").iter().zip(golden.list("x"));
        for ((&n, &x), &expected) in points.zip(golden.list("survival")) {
            assert_close(&format!("n = {n}, x = {x}"), survival(n, x), expected, 1e-9);
        }
    }

    #[test]
    fn asymptotic_p_of_the_published_samples() {
        assert_close("p", survival(444.0, 0.051_75), 0.178_990_009_676_058_16, 1e-9);
        assert_close(
            "p with ties",
            survival(444.0, 0.050_75),
            0.196_144_866_683_848_56,
            1e-9,
        );
    }

    #[test]
    fn asymptotic_p_agrees_with_scipy_at_small_sizes_too() {
        for group in [
            "normal",
            "normal_equal_sizes",
            "student_t",
            "ties",
            "small",
            "disjoint",
            "signs",
        ] {
            let golden = Golden::load("drift/drift", group);
            let (n, m) = (
                golden.list("reference").len() as f64,
                golden.list("current").len() as f64,
            );
            let p = survival((n * m / (n + m)).round_ties_even(), golden.number("ks"));
            assert_close(group, p, golden.number("ks_p_asymptotic"), 1e-9);
        }
    }
}
