import { describe, expect, it } from '@jest/globals';
import type { Dataset } from '@tidemark/contracts';
import { buildAgent } from '@tidemark/testing';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { fitJob, formatBarsCsv, prepareJob, specOf } from './trainer-jobs.js';

const AS_OF = new Date('2017-01-01T00:00:00Z');
const WALK = { scheme: 'walk_forward' } as const;
const FOLDERS = { bars: '/data/bars.csv', outputDir: '/data/dataset' };

function snapshotOf(rows: readonly (readonly number[])[], knownAt: readonly number[]): SeriesSnapshot {
  return {
    series: 's',
    rows: rows.length,
    bars: Float64Array.from(rows.flat()),
    knownAt: Float64Array.from(knownAt),
    firstKnownAt: Float64Array.from(knownAt),
    lastEventTime: undefined,
    lastKnownAt: undefined,
  };
}

describe('formatBarsCsv', () => {
  it('writes numbers that read back exactly', () => {
    const awkward = [0.1 + 0.2, 1 / 3, 1e-7, 2874.560059, Number.MAX_SAFE_INTEGER, 1e21, 5e-324, 123456789.12345678];
    const rows = awkward.map((value, index) => [86_400_000 * index, value, value, value, value, value]);
    const csv = formatBarsCsv(
      snapshotOf(
        rows,
        rows.map(([time]) => time! + 1),
      ),
    );
    const [header, ...lines] = csv.trimEnd().split('\n');
    expect(header).toBe('event_time,known_at,open,high,low,close,volume');
    const read = lines.map((line) => line.split(',').map(Number));
    expect(read).toEqual(rows.map(([time, ...prices]) => [time, time! + 1, ...prices]));
    expect(csv.endsWith('\n')).toBe(true);
  });

  it('writes only the rows of the snapshot', () => {
    const snapshot = snapshotOf(
      [
        [1, 2, 3, 4, 5, 6],
        [2, 2, 3, 4, 5, 6],
      ],
      [1, 2],
    );
    expect(formatBarsCsv({ ...snapshot, rows: 1 })).toBe(
      'event_time,known_at,open,high,low,close,volume\n1,1,2,3,4,5,6\n',
    );
  });
});

describe('prepareJob', () => {
  it('asks a direction agent’s features and its label rate, up to the instant', () => {
    const agent = buildAgent({
      features: ['ret_1', 'rsi_14'],
      validation: { folds: 2 },
      limits: { trainingMemoryMiB: 99 },
    });
    expect(prepareJob({ agent, asOf: AS_OF, seed: 3, plan: WALK }, FOLDERS)).toMatchObject({
      contractVersion: 1,
      command: 'prepare',
      columns: ['ret_1', 'rsi_14'],
      labelRate: true,
      split: { scheme: 'walk_forward', folds: 2, until: AS_OF.toISOString() },
      asOf: AS_OF.toISOString(),
      seed: 3,
      limits: { memoryMiB: 99, timeoutS: 600 },
      ...FOLDERS,
    });
  });

  it('asks a volatility agent’s windows', () => {
    const volatility = {
      task: 'volatility',
      label: { kind: 'next_squared_return' },
      baseline: 'ewma',
      families: ['log_har'],
    };
    expect(prepareJob({ agent: buildAgent(volatility), asOf: AS_OF, seed: 1, plan: WALK }, FOLDERS)).toMatchObject({
      columns: ['return', 'parkinson_1', 'parkinson_5', 'parkinson_22'],
      labelRate: false,
    });
  });
});

describe('prepareJob of a refit', () => {
  it('asks for one fit on all matured rows but the newest', () => {
    const agent = buildAgent({ validation: { folds: 2, earlyStoppingBars: 60, embargoBars: 7 } });
    const { split } = prepareJob({ agent, asOf: AS_OF, seed: 1, plan: { scheme: 'refit', gateBars: 63 } }, FOLDERS);
    expect(split).toEqual({
      scheme: 'refit',
      gateBars: 63,
      earlyStoppingBars: 60,
      calibrationBars: agent.validation.calibrationBars,
      embargoBars: 7,
      minEffectiveSamples: agent.validation.minEffectiveSamples,
      until: AS_OF.toISOString(),
    });
  });
});

describe('fitJob', () => {
  it('carries the split of the dataset and the lineage', () => {
    const span = { from: '2000-01-01T00:00:00Z', to: '2001-01-01T00:00:00Z' };
    const split = { folds: [{ fit: span, earlyStopping: span, calibration: span, test: span }], gate: span };
    const dataset: Dataset = { contractVersion: 1, rows: 9, sha256: 'a', barsSha256: 'b', effectiveSamples: 2, split };
    const agent = buildAgent();
    const meta = { asOf: AS_OF, dataHash: 'hash', codeVersion: '0.1.0' };
    const job = fitJob({ agent, seed: 5, dataset, meta }, 'logistic', '/out');
    expect(job).toMatchObject({
      command: 'fit',
      split,
      family: 'logistic',
      seed: 5,
      schema: { label: agent.label, features: agent.features, task: 'direction' },
      meta: { agent: 'test_agent', asOf: AS_OF.toISOString(), dataHash: 'hash', codeVersion: '0.1.0' },
      outputDir: '/out',
    });
  });
});

describe('specOf', () => {
  const agent = buildAgent();
  const request = { agent, asOf: AS_OF, seed: 1, plan: WALK };

  it('leaves out what the outputs do not depend on', () => {
    const more = { ...agent, limits: { ...agent.limits, trainingMemoryMiB: 77 } };
    const elsewhere = { bars: '/other/bars.csv', outputDir: '/other/dataset' };
    expect(specOf(prepareJob({ ...request, agent: more }, elsewhere))).toEqual(specOf(prepareJob(request, FOLDERS)));
    const spec = specOf(prepareJob({ ...request, seed: 2 }, FOLDERS));
    expect(spec).not.toEqual(specOf(prepareJob(request, FOLDERS)));
  });
});
