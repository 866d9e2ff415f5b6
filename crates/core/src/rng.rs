/// Seeded random generator: xoshiro256++ (Blackman and Vigna, 2021), its state filled by `SplitMix64`
/// (Steele, Lea and Flood, 2014).
///
/// The same seed gives the same stream on every platform for integers and uniforms; normals and the draws built
/// on them also use `ln` and `sqrt`, so they repeat bit for bit on one CPU family. Not for secrets.
///
/// ```
/// let mut a = tidemark_core::Rng::new(7);
/// let mut b = tidemark_core::Rng::new(7);
/// assert_eq!(a.uniform().to_bits(), b.uniform().to_bits());
/// ```
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
    spare_normal: Option<f64>,
}

const SPLITMIX_INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(SPLITMIX_INCREMENT);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// A generator for `seed`. Neighbouring seeds give unrelated streams.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut mixer = seed;
        let state = std::array::from_fn(|_| splitmix64(&mut mixer));
        Self {
            state,
            spare_normal: None,
        }
    }

    /// An independent generator for one part of a seeded job (a fold, a tree), so that parts may run in any order.
    #[must_use]
    pub fn stream(seed: u64, part: u64) -> Self {
        let mut mixer = seed;
        let mixed = splitmix64(&mut mixer);
        Self::new(mixed ^ part.wrapping_mul(SPLITMIX_INCREMENT))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let t = s1 << 17;
        let s2 = s2 ^ s0;
        let s3 = s3 ^ s1;
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ t, s3.rotate_left(45)];
        result
    }

    /// Uniform on [0, 1) with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * SCALE
    }

    /// Uniform integer in `0..bound` without modulo bias (Lemire, 2019); 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Products whose low half falls under this threshold would favour some results.
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal by the polar method (Marsaglia and Bray, 1964).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let u = 2.0 * self.uniform() - 1.0;
            let v = 2.0 * self.uniform() - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let scale = (-2.0 * s.ln() / s).sqrt();
                self.spare_normal = Some(v * scale);
                return u * scale;
            }
        }
    }

    /// Student t with `degrees` > 0 degrees of freedom (not scaled to unit variance).
    pub fn student_t(&mut self, degrees: f64) -> f64 {
        let z = self.normal();
        // A chi-squared draw is twice a gamma draw with half the shape.
        let chi_squared = 2.0 * self.gamma(degrees / 2.0);
        z / (chi_squared / degrees).sqrt()
    }

    /// Gamma with the given shape > 0 and scale 1 (Marsaglia and Tsang, 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // Boost: Gamma(a) = Gamma(a + 1) · U^(1/a); 1 − U keeps the base above zero.
            let u = 1.0 - self.uniform();
            return self.gamma(shape + 1.0) * u.powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = 1.0 - self.uniform();
            if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: usize = 200_000;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / DRAWS as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / DRAWS as f64;
        (mean, variance)
    }

    #[test]
    fn splitmix_matches_its_published_stream() {
        // First outputs for seed 1234567, from the authors' reference program.
        let mut state = 1_234_567;
        let stream: [u64; 3] = std::array::from_fn(|_| splitmix64(&mut state));
        assert_eq!(
            stream,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn xoshiro_matches_its_published_stream() {
        // First outputs for state {1, 2, 3, 4}, from the authors' reference program.
        let mut rng = Rng {
            state: [1, 2, 3, 4],
            spare_normal: None,
        };
        let stream: [u64; 4] = std::array::from_fn(|_| rng.next_u64());
        assert_eq!(
            stream,
            [
                41_943_041,
                58_720_359,
                3_588_806_011_781_223,
                3_591_011_842_654_386
            ]
        );
    }

    #[test]
    fn same_seed_repeats_and_streams_differ() {
        let draw = |mut rng: Rng| -> Vec<u64> { (0..8).map(|_| rng.normal().to_bits()).collect() };
        assert_eq!(draw(Rng::new(3)), draw(Rng::new(3)));
        assert_ne!(draw(Rng::new(3)), draw(Rng::new(4)));
        assert_eq!(draw(Rng::stream(3, 1)), draw(Rng::stream(3, 1)));
        assert_ne!(draw(Rng::stream(3, 1)), draw(Rng::stream(3, 2)));
    }

    #[test]
    fn draws_have_their_moments() {
        let mut rng = Rng::new(11);
        let (mean, variance) = moments(|| rng.uniform());
        assert!((mean - 0.5).abs() < 0.003 && (variance - 1.0 / 12.0).abs() < 0.001);
        let (mean, variance) = moments(|| rng.normal());
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.015);
        // Variance of Student t is ν/(ν − 2).
        let (mean, variance) = moments(|| rng.student_t(8.0));
        assert!(mean.abs() < 0.015 && (variance - 8.0 / 6.0).abs() < 0.04);
        for shape in [0.4, 3.0] {
            let (mean, variance) = moments(|| rng.gamma(shape));
            assert!(
                (mean - shape).abs() < 0.02 * shape.max(1.0),
                "mean {mean} for shape {shape}"
            );
            assert!(
                (variance - shape).abs() < 0.04 * shape.max(1.0),
                "variance {variance} for shape {shape}"
            );
        }
    }

    #[test]
    fn below_is_unbiased_and_bounded() {
        let mut rng = Rng::new(5);
        let mut counts = [0_u32; 3];
        for _ in 0..30_000 {
            counts[rng.below(3) as usize] += 1;
        }
        assert!(
            counts.iter().all(|&count| (9_600..10_400).contains(&count)),
            "{counts:?}"
        );
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn shuffle_keeps_the_items() {
        let mut items: Vec<u32> = (0..50).collect();
        Rng::new(9).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<u32>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<u32>>());
    }
}
