/**
 * Our boosted trees against LightGBM: same data, same settings, one thread each, interleaved rounds. Prints CPU seconds, held-out
 * losses and the median of the ratios paired within a round.
 *
 * Python is `TIDEMARK_PYTHON` or `python3`. Without it or without LightGBM the bench says so and is skipped; with
 * `TIDEMARK_BENCH_REQUIRE_LIGHTGBM=1` the skip is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const peer = join(import.meta.dirname, 'gbdt_lightgbm.py');
const python = process.env.TIDEMARK_PYTHON ?? 'python3';
const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 5;
const SHRINK = isQuick ? 10 : 1;

process.exitCode = main();

function main() {
  const version = spawnSync(python, [peer, 'version'], { encoding: 'utf8' });
  if (version.status !== 0) return skip(version.error?.message ?? version.stderr.trim().split('\n').at(-1));
  const trainer = buildTrainer();
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-gbdt-'));
  try {
    const { settings, cases } = ask(trainer, ['write', folder, String(SHRINK)]);
    print(
      `LightGBM ${version.stdout.trim()}, ${settings.rounds} rounds, ${settings.numLeaves} leaves, one thread, ${ROUNDS} rounds`,
    );
    print('CPU seconds with binning (median); ratio = ours / LightGBM, paired within a round; held-out loss');
    for (const data of cases) compare(trainer, folder, data, settings);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

function skip(reason) {
  const isRequired = process.env.TIDEMARK_BENCH_REQUIRE_LIGHTGBM === '1';
  print(`${isRequired ? 'FAILED' : 'SKIPPED'}: no LightGBM to compare with (${python}: ${reason}).`);
  print('Install it (python3 -m venv ENV && ENV/bin/pip install lightgbm) and set TIDEMARK_PYTHON=ENV/bin/python.');
  return isRequired ? 1 : 0;
}

function compare(trainer, folder, data, settings) {
  const pairs = Array.from({ length: ROUNDS }, () => ({
    peer: ask(python, [peer, 'train', folder, JSON.stringify(data), JSON.stringify(settings)]),
    ours: ask(trainer, ['train', folder, JSON.stringify(data)]),
  }));
  const cpu = (side) => median(pairs.map((pair) => pair[side].cpuSeconds)).toFixed(2);
  const ratio = median(pairs.map((pair) => pair.ours.cpuSeconds / pair.peer.cpuSeconds)).toFixed(2);
  const loss = (side) => pairs[0][side].loss.toFixed(5);
  print(
    `${data.name.padEnd(15)} ${data.fitRows} x ${data.width}: LightGBM ${cpu('peer')} s, ours ${cpu('ours')} s, ratio ${ratio}; ` +
      `${data.isBinary ? 'log loss' : 'squared error'} LightGBM ${loss('peer')}, ours ${loss('ours')}`,
  );
}

/** Builds the trainer of the bench and returns its path, wherever cargo puts it. */
function buildTrainer() {
  const args = ['build', '--release', '--package', 'tidemark-bench', '--bin', 'gbdt-bench', '--message-format', 'json'];
  const messages = run('cargo', args)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return messages.find((message) => message.executable && message.target?.name === 'gbdt-bench').executable;
}

function ask(command, args) {
  return JSON.parse(run(command, args));
}

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args[0]} ended with ${result.signal ?? result.status}`);
  return result.stdout;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
