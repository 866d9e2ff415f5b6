import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Model } from './model.js';
import { fixture, flat, goldenCase } from './testing.js';

const ENTRY = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'index.js')).href);
const FOREST = JSON.stringify(fixture('forest.onnx'));

/** Growth of the resident set in MB over a script's rounds after its first; in a process of its own, away from jest. */
function growth(body: string): number {
  const script = `
    import { Worker } from 'node:worker_threads';
    import { setImmediate as turn } from 'node:timers/promises';
    import { Model } from ${ENTRY};
    const round = async () => { ${body} };
    await round();
    const before = process.memoryUsage().rss;
    for (let again = 0; again < 2; again += 1) await round();
    console.log((process.memoryUsage().rss - before) / 1e6);`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`the script ended with ${child.status}: ${child.stderr}`);
  return Number(child.stdout);
}

/** What 200 sessions of this model weigh if nothing frees them: about 106 MB, measured. */
const UNBOUNDED_MB = 100;

describe('native memory', () => {
  it('does not grow when models are disposed of', () => {
    expect(growth(`for (let i = 0; i < 100; i += 1) Model.load(${FOREST}).dispose();`)).toBeLessThan(20);
  });

  it('stays bounded when models are only dropped, because the collector knows their weight', () => {
    const body = `for (let i = 0; i < 100; i += 1) { Model.load(${FOREST}); await turn(); }`;
    expect(growth(body)).toBeLessThan(UNBOUNDED_MB * 0.7);
  });

  it('is freed when the thread that loaded the models ends without disposing of them', () => {
    const worker = `import { Model } from ${ENTRY}; globalThis.kept = Array.from({ length: 50 }, () => Model.load(${FOREST}));`;
    const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(worker)}`);
    const body = `for (let i = 0; i < 2; i += 1) await new Promise((end) => new Worker(new URL(${url})).on('exit', end));`;
    expect(growth(body)).toBeLessThan(UNBOUNDED_MB * 0.5);
  });
});

describe('worker threads', () => {
  const { rows } = goldenCase('forest.onnx');
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { Model } from ${ENTRY};
    const model = Model.load(workerData.path);
    const output = new Float64Array(1);
    const sums = new Float64Array(1);
    for (let turn = 0; turn < 500; turn += 1) {
      for (let row = 0; row < workerData.rows; row += 1) {
        model.predictInto(workerData.input.subarray(row * 12, (row + 1) * 12), output);
        sums[0] += output[0];
      }
    }
    if (!workerData.keep) model.dispose();
    parentPort.postMessage(sums[0]);`;

  function inWorker(keep: boolean): Promise<number> {
    const workerData = { path: fixture('forest.onnx'), input: flat(rows), rows: rows.length, keep };
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData });
      let sum = Number.NaN;
      worker.on('message', (value: number) => (sum = value));
      worker.on('error', reject);
      worker.on('exit', (code) => (code === 0 ? resolve(sum) : reject(new Error(`exit ${code}`))));
    });
  }

  it('score the same bits at the same time as the main thread', async () => {
    const model = Model.load(fixture('forest.onnx'));
    const pending = [inWorker(false), inWorker(true)];
    const input = flat(rows);
    const output = new Float64Array(1);
    let sum = 0;
    for (let turn = 0; turn < 500; turn += 1) {
      for (let row = 0; row < rows.length; row += 1) {
        model.predictInto(input.subarray(row * 12, (row + 1) * 12), output);
        sum += output[0]!;
      }
    }
    expect(await Promise.all(pending)).toEqual([sum, sum]);
    model.dispose();
  });
});
