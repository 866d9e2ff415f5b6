use super::signed;

/// P(D ≥ steps/lcm(n, m)) for two samples of n and m independent values of one continuous law.
pub(super) fn p_value(n: usize, m: usize, divisor: usize, steps: u64) -> f64 {
    let p = if steps == 0 {
        1.0
    } else if n == m {
        equal_sizes(n, steps as usize)
    } else {
        paths_outside(n.max(m), n.min(m), divisor, steps.cast_signed())
    };
    p.clamp(0.0, 1.0)
}

/// 2·Σₖ (−1)ᵏ⁻¹ C(2n, n − kh)/C(2n, n) by the reflection principle (Gnedenko and Korolyuk, 1951), from the last term
/// inwards as 2·A₀(1 − A₁(1 − A₂(…))): differences of binomials would cancel.
fn equal_sizes(n: usize, h: usize) -> f64 {
    let n = n as f64;
    let mut p = 0.0;
    for k in (0..=(n as usize / h)).rev() {
        let reach = (k * h) as f64;
        // C(2n, n − (k + 1)h)/C(2n, n − kh); 0 when the last one does not exist.
        let ratio: f64 = (0..h)
            .map(|j| (n - reach - j as f64).max(0.0) / (n + reach + j as f64 + 1.0))
            .product();
        p = ratio * (1.0 - p);
    }
    2.0 * p
}

/// Share of the lattice paths from (0, 0) to (m, n) that touch |x/m − y/n| ≥ h/lcm(m, n), for m > n (Hodges, 1958).
///
/// The share q(i, j) of the paths to (i, j) that have touched it is 1 outside and (i·q(i − 1, j) + j·q(i, j − 1))/(i + j)
/// inside, as i in i + j paths come from the left: sums of positive numbers, so that small shares keep all digits.
fn paths_outside(m: usize, n: usize, divisor: usize, h: i64) -> f64 {
    let (m_step, n_step) = (signed(m / divisor), signed(n / divisor));
    let mut column = vec![1.0; n + 1];
    for i in 0..=m {
        let height = n_step * signed(i);
        // Inside: |height − m_step·j| < h.
        let low = ((height - h).div_euclid(m_step) + 1).max(0) as usize;
        let high = ((height + h - 1).div_euclid(m_step)).min(signed(n)) as usize;
        let mut below = if low == 0 { 0.0 } else { 1.0 };
        let left = i as f64;
        for (j, share) in (low..=high).zip(&mut column[low..]) {
            let up = j as f64;
            // At (0, 0) nothing has been touched yet.
            below = if i == 0 {
                0.0
            } else {
                (*share * left + below * up) / (left + up)
            };
            *share = below;
        }
    }
    column[n]
}
