import { describe, expect, it } from '@jest/globals';
import { monitorsSchema } from '@tidemark/contracts';
import { judgeCalibration, judgeLoss, type PerformanceRule } from './performance.js';
import type { MaturedBar } from './served-series.js';
import { judgeValueAtRisk, zones } from './value-at-risk.js';

const monitors = monitorsSchema.parse({ loss: { minBars: 40 }, calibration: { minBars: 40 } });
const direction: PerformanceRule = { task: 'direction', horizon: 1, monitors };
const volatility: PerformanceRule = { task: 'volatility', horizon: 1, monitors };

/** Bars with outcomes that alternate without a pattern a forecast of one number could use. */
const barsOf = (count: number, served: (row: number) => number, baseline: number, truth = rises): MaturedBar[] =>
  Array.from({ length: count }, (_, row) => ({
    asOf: row,
    version: '1.0.0',
    family: 'logistic',
    outputs: { first: served(row), var_99: 1 },
    baseline,
    truth: truth(row),
  }));
const rises = (row: number): number => Number((row * 7) % 11 < 6);

describe('loss against the baseline', () => {
  it.each([
    ['without bars', [], { status: 'insufficient', bars: 0 }],
    ['with too few', barsOf(39, () => 0.6, 0.55), { status: 'insufficient', bars: 39 }],
    ['the same forecasts', barsOf(60, () => 0.55, 0.55), { status: 'degenerate', value: 0 }],
    ['better', barsOf(60, (row) => 0.2 + 0.6 * rises(row), 0.55), { status: 'ok' }],
    ['much worse', barsOf(60, (row) => 0.8 - 0.6 * rises(row), 0.55), { status: 'critical' }],
    ['no number', barsOf(60, () => Number.NaN, 0.55), { status: 'critical', ratio: Number.POSITIVE_INFINITY }],
  ])('%s', (_name, bars, expected) => {
    expect(judgeLoss(direction, bars, false)).toMatchObject(expected);
  });

  it('puts the difference and its band beside figures that trigger nothing', () => {
    const judged = judgeLoss(
      direction,
      barsOf(60, (row) => 0.8 - 0.6 * rises(row), 0.55),
      false,
    );
    expect(judged.value! / judged.limit!).toBeCloseTo(judged.ratio!, 12);
    expect(judged.details).toMatchObject({
      hitRate: 0,
      baseRate: expect.any(Number),
      brier: expect.any(Number),
      recall: 0,
    });
  });

  it('has nothing to compare while the baseline serves', () => {
    const judged = judgeLoss(
      direction,
      barsOf(60, () => 0.55, 0.55),
      true,
    );
    expect(judged).toMatchObject({ status: 'degenerate', details: { meanLoss: expect.any(Number) } });
    expect(judged.ratio).toBeUndefined();
  });

  it('calls a volatility that is not positive the worst', () => {
    const bars = barsOf(
      60,
      (row) => (row === 3 ? 0 : 0.01),
      0.01,
      () => 1e-4,
    );
    expect(judgeLoss(volatility, bars, false)).toMatchObject({ subject: 'qlike', status: 'critical' });
  });

  it('uses two and five per cent when documented', () => {
    const documented = {
      ...direction,
      monitors: monitorsSchema.parse({ preset: 'documented', loss: { minBars: 40 } }),
    };
    const judged = judgeLoss(
      documented,
      barsOf(60, (row) => (row % 2 === 0 ? 0.52 : 0.3), 0.55),
      false,
    );
    expect(judged).toMatchObject({ limit: 0.02, status: 'critical' });
  });
});

describe('calibration', () => {
  it.each([
    ['too few', direction, barsOf(39, () => 0.5, 0), 'insufficient'],
    ['right on average', direction, barsOf(110, () => 0.545, 0), 'ok'],
    ['too low', direction, barsOf(110, () => 0.1, 0), 'critical'],
    ['too high', direction, barsOf(110, () => 0.95, 0), 'critical'],
    [
      'volatility half of what came',
      volatility,
      barsOf(
        110,
        () => 0.01,
        0,
        (row) => 4e-4 * (1 + rises(row)),
      ),
      'critical',
    ],
  ])('%s', (_name, rule, bars, status) => {
    expect(judgeCalibration(rule, bars)).toMatchObject({ status });
  });
});

describe('value at risk', () => {
  const spec = { windowBars: 250, lowerWindowBars: 1_000, alpha: 0.01 as const };
  const breached = (count: number, breaches: number): MaturedBar[] =>
    barsOf(count, () => 1, 1).map((bar, row) => ({ ...bar, isBreach: row >= count - breaches }));

  it('has the zones of Basel at 250 bars', () => {
    expect(zones(250)).toEqual([5, 10]);
    expect(zones(500)).toEqual([9, 15]);
  });

  it.each([
    [249, 3, { status: 'insufficient', bars: 249 }],
    [250, 0, { status: 'ok', value: 0, limit: 4 }],
    [250, 4, { status: 'ok', ratio: 1 }],
    [250, 5, { status: 'warning', value: 5, details: { side: 'too_many' } }],
    [250, 9, { status: 'warning' }],
    [250, 10, { status: 'critical' }],
    [1_000, 4, { status: 'ok', details: { lower: { breaches: 4 } } }],
    [1_000, 3, { status: 'ok', details: { lower: { pAtMost: expect.closeTo(0.0101, 3) } } }],
    [1_000, 2, { status: 'warning', details: { side: 'too_few', lower: { bars: 1_000, breaches: 2 } } }],
  ])('of %d bars, %d breaches', (bars, breaches, expected) => {
    expect(judgeValueAtRisk(spec, breached(bars, breaches))).toMatchObject(expected);
  });
});
