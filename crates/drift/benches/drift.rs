//! Drift of a day's inputs as the loop asks for it, and p-values of large samples.
#![allow(missing_docs, reason = "criterion's macros generate undocumented functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tidemark_drift::{
    KolmogorovSmirnov, PValue, Reference, Sample, Statistic, Windows, drift_by_column, statistic,
};
use tidemark_testkit::ar1;

const PER_BAR: [&str; 5] = [
    "psi/quantile-ref",
    "kl/quantile-ref",
    "js/quantile-ref",
    "ks",
    "w1/iqr",
];

fn benches(criterion: &mut Criterion) {
    let values = ar1(0.5, 12 * 313, 1);
    let windows = Windows {
        columns: 12,
        reference: 0..250,
        current: 250..313,
    };
    let statistics = PER_BAR.map(|name| statistic(name).unwrap_or_else(|error| panic!("{error}")));
    for (label, p) in [("without_p", PValue::Skip), ("with_p", PValue::Compute)] {
        criterion.bench_function(&format!("drift_12_columns_250_63_{label}"), |bencher| {
            bencher.iter(|| drift_by_column(black_box(&values), &windows, &statistics, p));
        });
    }
    let mut group = criterion.benchmark_group("drift_ks_p");
    group.sample_size(10);
    for n in [1_000, 10_000, 100_000] {
        let reference = Reference::new(ar1(0.0, n, 2));
        let current = Sample::new(ar1(0.0, n - 1, 3));
        group.bench_function(BenchmarkId::from_parameter(n), |bencher| {
            bencher.iter(|| KolmogorovSmirnov.score(black_box(&reference), &current, PValue::Compute));
        });
    }
    group.finish();
}

criterion_group!(drift, benches);
criterion_main!(drift);
