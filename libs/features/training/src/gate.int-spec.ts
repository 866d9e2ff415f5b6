import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { TestTraining, buildAgent, plantedBars, type TestBar, type TestFit } from '@tidemark/testing';
import { askGate, type GateQuestion } from './gate.js';
import { lossesIfAll, type GateSide } from './scoring.js';

const BARS = plantedBars({ seed: 2 });
const SLICE = { from: eventTime(2_490), to: eventTime(3_000) };

function eventTime(row: number): string {
  return new Date(BARS[0]!.eventTime.getTime() + row * 86_400_000).toISOString();
}

function snapshotOf(bars: readonly TestBar[]): SeriesSnapshot {
  const rows = bars.map(({ eventTime: time, open, high, low, close, volume }) => [
    time.getTime(),
    open,
    high,
    low,
    close,
    volume,
  ]);
  const knownAt = Float64Array.from(rows, ([time]) => time! + 86_400_000);
  return {
    series: 'test_series',
    rows: rows.length,
    bars: Float64Array.from(rows.flat()),
    knownAt,
    firstKnownAt: knownAt,
    lastEventTime: undefined,
    lastKnownAt: undefined,
  };
}

const side = ({ outputDir, report }: TestFit): GateSide => ({
  sha256: report.modelSha256,
  path: join(outputDir, 'model.onnx'),
});

/** Real models of a market with a planted signal; 2,994 of its 3,000 labels have matured. */
describe('askGate', () => {
  let folder: string;
  let agent: Agent;
  let baseline: GateSide;
  let trained: GateSide;
  const snapshot = snapshotOf(BARS);
  const asOf = new Date('2008-06-01T00:00:00Z');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-gate-'));
    agent = buildAgent();
    const training = await TestTraining.prepare(folder, agent, BARS);
    baseline = side(await training.fit('base_rate'));
    trained = side(await training.fit('logistic'));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const question = (overrides: Partial<GateQuestion> = {}): GateQuestion => ({
    agent,
    snapshot,
    slice: SLICE,
    earlierGates: 0,
    asOf,
    rule: { kind: 'superiority' },
    isRefit: false,
    candidate: trained,
    incumbent: { ...baseline, version: '0.1.0', family: 'base_rate', asOf },
    ...overrides,
  });

  it('passes a candidate with superior loss, and keeps the evidence', async () => {
    const gate = await askGate(question());
    expect(gate).toMatchObject({
      rule: 'superiority',
      passed: true,
      bars: 504,
      ...SLICE,
      loss: 'log_loss',
      candidate: { sha256: trained.sha256 },
      incumbent: { sha256: baseline.sha256, version: '0.1.0' },
      test: { status: 'ok', n: 504, alpha: 0.05 },
    });
    const { candidate, incumbent, test } = gate;
    expect(test!.meanDifference).toBeCloseTo(candidate!.meanLoss - incumbent!.meanLoss, 12);
    expect(test!.t).toBeLessThan(-test!.criticalValue!);
  });

  it('does not pass the other way round', async () => {
    const gate = await askGate(
      question({ candidate: baseline, incumbent: { ...trained, version: '1.0.0', family: 'logistic', asOf } }),
    );
    expect(gate).toMatchObject({ passed: false, test: { status: 'ok' } });
    expect(gate.test!.t).toBeGreaterThan(0);
  });

  it('does not pass the incumbent’s twin', async () => {
    const gate = await askGate(question({ candidate: baseline }));
    expect(gate).toMatchObject({ passed: false, test: { status: 'degenerate', meanDifference: 0 } });
  });

  it('counts only matured bars, and needs as many as the agent says', async () => {
    const short = { from: eventTime(2_745), to: eventTime(3_000) };
    expect(await askGate(question({ slice: short }))).toMatchObject({ passed: false, bars: 249 });
    expect((await askGate(question({ slice: short }))).test).toBeUndefined();
    const enough = { ...short, from: eventTime(2_744) };
    expect((await askGate(question({ slice: enough }))).test).toMatchObject({ n: 250, status: 'ok' });
  });

  it('compares with no version that was fitted on later bars, unless nothing was fitted', async () => {
    const later = new Date(asOf.getTime() + 1);
    const fitted = { ...trained, version: '1.0.0', family: 'logistic' as const, asOf: later };
    const refused = await askGate(question({ candidate: baseline, incumbent: fitted }));
    expect([refused.passed, refused.test]).toEqual([false, undefined]);
    const naive = { ...baseline, version: '0.1.0', family: 'base_rate' as const, asOf: later };
    expect(await askGate(question({ incumbent: naive }))).toMatchObject({ passed: true });
  });

  it('refuses a candidate that gives the same answer on every bar', async () => {
    // A market that only rises: the share of rises so far is one on every bar.
    const rising = BARS.map((bar, row) => {
      const close = 100 + row;
      return { ...bar, open: close, high: close + 1, low: close - 1, close };
    });
    const gate = await askGate(question({ candidate: baseline, snapshot: snapshotOf(rising) }));
    expect(gate.passed).toBe(false);
    expect(gate.reason).toContain('the same answer on every bar');
    expect(gate.test).toBeUndefined();
  });

  it('compares the candidate with a stand-in where the incumbent has been fitted on the slice', async () => {
    const incumbent = { ...trained, version: '1.1.0', family: 'logistic' as const, asOf, standIn: baseline };
    const gate = await askGate(question({ incumbent }));
    expect(gate).toMatchObject({
      passed: true,
      incumbent: { sha256: trained.sha256, version: '1.1.0' },
      standIn: { sha256: baseline.sha256 },
    });
  });

  describe('of a refit', () => {
    const rule = { kind: 'non_inferiority', margin: 0.005 } as const;
    const newest = { from: eventTime(2_931), to: eventTime(3_000) };
    const serving = (servingAsOf: string): GateQuestion['incumbent'] => ({
      ...trained,
      version: '1.0.0',
      family: 'logistic',
      asOf: new Date(servingAsOf),
    });
    const refit = (overrides: Partial<GateQuestion> = {}): GateQuestion =>
      question({ rule, isRefit: true, slice: newest, incumbent: serving(eventTime(2_900)), ...overrides });

    it('passes what is shown not to be worse, with its bound', async () => {
      expect(await askGate(refit())).toMatchObject({
        rule: 'non_inferiority',
        passed: true,
        bars: 63,
        ...newest,
        margin: 0.005,
        upperBound: 0,
      });
    });

    it('does not pass what may be worse', async () => {
      const gate = await askGate(refit({ candidate: baseline }));
      expect(gate).toMatchObject({ passed: false, test: { status: 'ok', n: 63 } });
      expect(gate.upperBound).toBeGreaterThan(0.005);
    });

    it('compares only bars whose label was not known when the incumbent was fitted', async () => {
      // The label of row 2,940 ends with the bar of row 2,946, which is known a day after it began.
      const asOfRow = await askGate(refit({ incumbent: serving(eventTime(2_947)) }));
      expect(asOfRow).toMatchObject({ bars: 53, from: eventTime(2_941), to: newest.to });
      const few = await askGate(refit({ incumbent: serving(eventTime(2_981)) }));
      expect(few).toMatchObject({ passed: false, bars: 19, reason: expect.stringContaining('has not seen') });
      expect(few.test).toBeUndefined();
    });
  });

  it('has both losses and passes without a gate', async () => {
    const gate = await askGate(question({ rule: { kind: 'none' } }));
    expect(gate).toMatchObject({ rule: 'none', passed: true, reason: 'no gate' });
    expect([gate.candidate?.sha256, gate.incumbent?.sha256, gate.from]).toEqual([
      trained.sha256,
      baseline.sha256,
      undefined,
    ]);
  });

  it('says how often bars of the slice have been compared before', async () => {
    const gate = await askGate(question({ earlierGates: 2 }));
    expect(gate).toMatchObject({ passed: true, earlierGates: 2 });
    expect(gate.reason).toContain('compared 2 times before');
  });

  it('refuses an artifact that is not what its hash says', async () => {
    const forged = { ...trained, sha256: baseline.sha256 };
    await expect(askGate(question({ candidate: forged }))).rejects.toMatchObject({ code: 'MODEL_DIGEST_MISMATCH' });
  });
});

describe('lossesIfAll', () => {
  it.each([
    ['log_loss', [0.5, Number.NaN], [1, 0]],
    ['log_loss', [Number.POSITIVE_INFINITY], [1]],
    ['qlike', [0.01, 0], [1e-4, 1e-4]],
    ['qlike', [-0.01], [1e-4]],
    ['qlike', [Number.NaN], [1e-4]],
  ] as const)('has no %s of the answers %j', (loss, answers, truth) => {
    expect(lossesIfAll(loss, Float64Array.from(answers), Float64Array.from(truth))).toBeUndefined();
  });

  it('has the loss of every other answer', () => {
    const [even] = lossesIfAll('log_loss', Float64Array.of(0.5), Float64Array.of(1))!;
    expect(even).toBeCloseTo(Math.LN2, 12);
    const [quasi] = lossesIfAll('qlike', Float64Array.of(0.01), Float64Array.of(1e-4))!;
    expect(quasi).toBeCloseTo(Math.log(1e-4) + 1, 12);
  });
});
