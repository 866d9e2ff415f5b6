//! Fitting and scoring of boosted trees at three sizes.
#![allow(missing_docs, reason = "criterion's macros generate undocumented functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tidemark_models::gbdt::{Booster, GbdtParams, Objective, TrainingRows, train};
use tidemark_testkit::{PlantedTable, Table};

const WIDTH: usize = 12;

fn table(rows: usize) -> Table {
    PlantedTable {
        rows,
        width: WIDTH,
        levels: 0,
        missing: 0.0,
        seed: 1,
    }
    .table()
}

fn fit(table: &Table) -> Booster {
    let params = GbdtParams {
        rounds: 50,
        num_leaves: 31,
        max_depth: 6,
        min_data_in_leaf: 20,
        ..GbdtParams::default()
    };
    let checked = params.check().unwrap_or_else(|error| panic!("{error}"));
    let rows = TrainingRows {
        width: WIDTH,
        inputs: &table.inputs,
        labels: &table.binary,
        weights: &table.weights,
    };
    train(&checked, Objective::LogLoss, &rows, None, 1, &mut |_| true)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gbdt_fit_50_rounds");
    group.sample_size(10);
    for rows in [1_000, 10_000, 100_000] {
        let table = table(rows);
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            bencher.iter(|| fit(black_box(&table)));
        });
    }
    group.finish();
    let table = table(10_000);
    let booster = fit(&table);
    criterion.bench_function("gbdt_score_row", |bencher| {
        let mut rows = table.inputs.chunks_exact(WIDTH).cycle();
        bencher.iter(|| rows.next().map(|row| booster.score(black_box(row))));
    });
}

criterion_group!(gbdt, benches);
criterion_main!(gbdt);
