import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadBaseConfig } from '@tidemark/config';
import { featureNames, refitDatasetSchema, type Agent } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { buildAgent, buildBars, packBars } from '@tidemark/testing';
import { baselineBars } from './baseline-bars.js';
import { fitJob, formatBarsCsv, prepareJob, type TrainerJob } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';

const DAY_MS = 86_400_000;
const direction = (overrides: Record<string, unknown> = {}): Agent => buildAgent(overrides);
const volatility = (overrides: Record<string, unknown> = {}): Agent =>
  buildAgent({
    task: 'volatility',
    label: { kind: 'next_squared_return' },
    baseline: 'ewma',
    families: ['log_har'],
    ...overrides,
  });

/** The rule of the trainer, asked of the trainer itself. */
describe('baselineBars', () => {
  let folder: string;
  let fits = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-baseline-bars-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function snapshot(rows: number): SeriesSnapshot {
    const bars = buildBars(rows);
    const knownAt = Float64Array.from(bars, ({ eventTime }) => eventTime.getTime() + DAY_MS);
    const last = { lastEventTime: bars.at(-1)!.eventTime, lastKnownAt: new Date(knownAt.at(-1)!) };
    return { series: 'test', rows, bars: packBars(bars), knownAt, firstKnownAt: knownAt, ...last };
  }

  function run(job: TrainerJob): Promise<void> {
    mkdirSync(job.outputDir, { recursive: true });
    const { trainerPath: trainer } = loadBaseConfig({});
    const { signal } = new AbortController();
    return runTrainer({ trainer, job, name: 'baseline', signal, onEvent: async () => undefined });
  }

  /** The code that the fit of the baseline on so many bars ends with; undefined when it succeeds. */
  async function outcome(agent: Agent, rows: number): Promise<string | undefined> {
    fits += 1;
    const root = join(folder, String(fits));
    mkdirSync(root);
    const known = snapshot(rows);
    const asOf = known.lastKnownAt!;
    writeFileSync(join(root, 'bars.csv'), formatBarsCsv(known));
    const outputDir = join(root, 'dataset');
    try {
      await run(
        prepareJob({ agent, asOf, seed: 1, plan: { scheme: 'whole' } }, { bars: join(root, 'bars.csv'), outputDir }),
      );
      const dataset = refitDatasetSchema.parse(JSON.parse(readFileSync(join(outputDir, 'dataset.json'), 'utf8')));
      const meta = { asOf, dataHash: dataset.barsSha256, codeVersion: '0.0.0' };
      const job = fitJob({ agent, seed: 1, dataset, meta }, agent.baseline, join(root, 'fit'));
      await run({ ...job, dataset: join(outputDir, 'dataset.parquet') });
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  }

  it.each([
    ['a direction with the shipped sizes', direction({ validation: { minEffectiveSamples: 100 } })],
    ['labels that overlap more', direction({ label: { kind: 'forward_return_sign', lag: 0, horizon: 21 } })],
    ['labels that end at once', direction({ label: { kind: 'forward_return_sign', lag: 0, horizon: 1 } })],
    [
      'labels longer than the look-back',
      direction({
        features: ['ret_1'],
        label: { kind: 'forward_return_sign', lag: 2, horizon: 130 },
        validation: { minEffectiveSamples: 20 },
      }),
    ],
    ['few samples', direction({ features: ['ret_1'], validation: { minEffectiveSamples: 20 } })],
    ['a volatility', volatility()],
    ['a volatility with many samples', volatility({ validation: { minEffectiveSamples: 1_000 } })],
  ])('is the least with which the trainer fits the baseline: %s', async (_what, agent) => {
    const bars = baselineBars(agent);
    expect(await outcome(agent, bars)).toBeUndefined();
    expect(await outcome(agent, bars - 1)).toBe('TRAINING_INSUFFICIENT_DATA');
  });

  it.each(featureNames)('knows from which bar on %s has a value', async (feature) => {
    // Samples enough that the feature's first bar decides.
    const agent = direction({ features: [feature], validation: { minEffectiveSamples: 100 } });
    const bars = baselineBars(agent);
    expect([await outcome(agent, bars), await outcome(agent, bars - 1)]).toEqual([
      undefined,
      'TRAINING_INSUFFICIENT_DATA',
    ]);
  });
});
