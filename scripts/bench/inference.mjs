#!/usr/bin/env node
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onnxruntimeEngine, tidemarkEngine } from './inference/engines.mjs';
import { WIDTH, logisticModel, normal, seeded, treesModel } from './inference/models.mjs';
import { median, timeCalls } from './inference/timing.mjs';

const SEED = 20240131;
const ROWS = 1024;
const ROUNDS = process.argv.includes('--quick') ? 2 : 7;
const CALLS = 10_000;

/** JavaScript to scored row, our addon against onnxruntime-node in the same process; resolves to rows of a table. */
export async function benchInference() {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    const models = { 'logistic, 12 inputs': logisticModel(SEED), '300 trees × depth 6': treesModel(SEED) };
    const table = [];
    for (const [name, bytes] of Object.entries(models)) {
      const path = join(folder, 'model.onnx');
      writeFileSync(path, bytes);
      table.push(await compare(name, path));
    }
    return table;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(name, path) {
  const random = seeded(SEED + 1);
  const rows = Array.from({ length: ROWS }, () => Float64Array.from({ length: WIDTH }, () => normal(random)));
  const engines = [await tidemarkEngine(path), await onnxruntimeEngine(path)];
  await agree(engines, rows);
  const figures = engines.map(() => ({ p50: [], p99: [] }));
  // Rounds alternate between the engines, so that a busy moment of the machine hits both; the first only warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, engine] of engines.entries()) {
      const { p50, p99 } = await timeCalls(engine, rows, CALLS);
      if (round > 0) {
        figures[index].p50.push(p50);
        figures[index].p99.push(p99);
      }
    }
  }
  for (const engine of engines) await engine.dispose();
  const [ours, theirs] = figures.map(({ p50, p99 }) => ({ p50: median(p50), p99: median(p99) }));
  return { name, ours, theirs };
}

/** A fast wrong answer is not worth timing. */
async function agree(engines, rows) {
  for (const row of rows.slice(0, 100)) {
    const [ours, theirs] = [await engines[0].score(row), await engines[1].score(row)];
    if (!(Math.abs(ours - theirs) <= 1e-12 * Math.abs(theirs)))
      throw new Error(`The engines disagree: ${ours} and ${theirs}`);
  }
}

export function formatTable(table) {
  const us = (value) => value.toFixed(1).padStart(8);
  const ratio = (theirs, ours) => `${(theirs / ours).toFixed(1)}×`.padStart(8);
  const header = `${'µs per row'.padEnd(22)}${['p50', 'p99', 'ort p50', 'ort p99', 'p50', 'p99'].map((text) => text.padStart(8)).join('')}`;
  const lines = table.map(({ name, ours, theirs }) => {
    const figures = [us(ours.p50), us(ours.p99), us(theirs.p50), us(theirs.p99)];
    return `${name.padEnd(22)}${figures.join('')}${ratio(theirs.p50, ours.p50)}${ratio(theirs.p99, ours.p99)}`;
  });
  return [header, ...lines].join('\n');
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) {
  process.stdout.write(`inference, JavaScript to scored row, Node ${process.version}, ${cpus()[0].model}\n`);
  process.stdout.write(
    `median of ${ROUNDS} rounds of ${CALLS} calls over ${ROWS} rotating rows; right: onnxruntime-node ÷ ours\n`,
  );
  process.stdout.write(`${formatTable(await benchInference())}\n`);
}
