import { describe, expect, it } from '@jest/globals';
import {
  backtestDirection,
  binomialInterval,
  lossPerRow,
  valueAtRiskReport,
  type DirectionBacktest,
} from './measures.js';
import { codeOf } from './testing.js';

describe('lossPerRow', () => {
  it('is the log loss of probabilities', () => {
    expect([...lossPerRow('log_loss', Float64Array.of(0.8, 0.8), Float64Array.of(1, 0))]).toEqual([
      expect.closeTo(-Math.log(0.8), 14),
      expect.closeTo(-Math.log(0.2), 14),
    ]);
  });

  it('is QLIKE of the squared volatility', () => {
    expect([...lossPerRow('qlike', Float64Array.of(0.02), Float64Array.of(0.0001))]).toEqual([
      expect.closeTo(Math.log(0.0004) + 0.25, 14),
    ]);
  });

  it('refuses what no forecast or label can be', async () => {
    expect(await codeOf(() => lossPerRow('log_loss', Float64Array.of(1.2), Float64Array.of(1)))).toBe(
      'VALUE_OUT_OF_RANGE',
    );
    expect(await codeOf(() => lossPerRow('log_loss', Float64Array.of(0.5), Float64Array.of(0.5)))).toBe(
      'LABEL_INVALID',
    );
    expect(await codeOf(() => lossPerRow('qlike', Float64Array.of(0), Float64Array.of(0)))).toMatch(/^VALUE_/);
    expect(await codeOf(() => lossPerRow('qlike', Float64Array.of(1), new Float64Array(2)))).toBe('LENGTH_MISMATCH');
  });
});

describe('backtestDirection', () => {
  const options: DirectionBacktest = {
    closes: Float64Array.of(100, 101, 103, 102, 104),
    probabilities: Float64Array.of(0.9, 0.9, 0.9, 0.9, 0.9),
    rule: 'long_flat',
    smoothing: 1,
    fillLag: 1,
    costBps: 10,
    barsPerYear: 252,
  };

  it('fills one bar after the decision and pays for the entry', () => {
    const { bars, netReturn, maxDrawdown, turnoverPerYear } = backtestDirection(options);
    expect(bars).toBe(3);
    const [first, second, third] = [103 / 101 - 0.001, 102 / 103, 104 / 102];
    expect(netReturn).toBeCloseTo(first * second * third - 1, 12);
    expect(maxDrawdown).toBeCloseTo(102 / 103 - 1, 12);
    expect(turnoverPerYear).toBeCloseTo(252 / 3, 12);
  });

  it('gives the daily net returns that its figures are of, and the bar of the first', () => {
    const { bars, firstBar, netReturns, netReturn, netSharpe } = backtestDirection(options);
    expect([firstBar, netReturns.length]).toEqual([2, bars]);
    expect([...netReturns]).toEqual(
      [103 / 101 - 1 - 0.001, 102 / 103 - 1, 104 / 102 - 1].map((value) => expect.closeTo(value, 14)),
    );
    expect(netReturns.reduce((product, value) => product * (1 + value), 1) - 1).toBeCloseTo(netReturn, 14);
    const mean = netReturns.reduce((sum, value) => sum + value) / bars;
    const variance = netReturns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (bars - 1);
    expect(netSharpe).toBeCloseTo((mean / Math.sqrt(variance)) * Math.sqrt(252), 10);
    expect(backtestDirection({ ...options, fillLag: 0 })).toMatchObject({ firstBar: 1, bars: 4 });
  });

  it('leaves out what a series without positions does not have', () => {
    const figures = backtestDirection({ ...options, probabilities: new Float64Array(5).fill(Number.NaN) });
    expect(figures).toMatchObject({ netReturn: 0, turnoverPerYear: 0 });
    expect(figures.netSharpe).toBeUndefined();
    expect(figures.breakEvenBps).toBeUndefined();
  });

  it('refuses bad options with a code', async () => {
    const rule = 'all_in' as DirectionBacktest['rule'];
    expect(await codeOf(() => backtestDirection({ ...options, rule }))).toBe('POSITION_RULE_UNKNOWN');
    expect(await codeOf(() => backtestDirection({ ...options, costBps: -1 }))).toBe('VALUE_OUT_OF_RANGE');
    expect(await codeOf(() => backtestDirection({ ...options, closes: new Float64Array(5) }))).toMatch(/^VALUE_/);
    const { smoothing: _, ...incomplete } = options;
    expect(await codeOf(() => backtestDirection(incomplete as DirectionBacktest))).toBe('INVALID_ARGUMENT');
  });
});

describe('binomialInterval', () => {
  it('is exact at the ends and refuses impossible counts', async () => {
    const [low, high] = binomialInterval(0, 10, 0.95);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1 - 0.025 ** 0.1, 12);
    expect(await codeOf(() => binomialInterval(11, 10, 0.95))).toBe('COUNTS_INVALID');
  });
});

describe('valueAtRiskReport', () => {
  const returns = Float64Array.from({ length: 600 }, (_, bar) => (bar >= 300 && bar < 306 ? -0.03 : 0.001));
  const limits = new Float64Array(600).fill(0.02);

  it('counts breaches and tells their number from their clustering', () => {
    const report = valueAtRiskReport(returns, limits, 0.01);
    expect(report).toMatchObject({ n: 600, breaches: 6, expected: 6, rate: 0.01, worstWindowBreaches: 6 });
    expect(report.kupiecP).toBeCloseTo(1, 12);
    expect(report.independenceP).toBeLessThan(1e-6);
    // The number is as stated, so the joint statistic is that of independence alone, on one degree of freedom more.
    expect(report.christoffersenP).toBeLessThan(1e-6);
    expect(report.christoffersenP).toBeGreaterThan(report.independenceP!);
    const [low, high] = binomialInterval(6, 600, 0.95);
    expect(report.rateInterval).toEqual({ low, high });
  });

  it('judges a return at its limit, and the span against the probability given', () => {
    expect(valueAtRiskReport(Float64Array.of(-0.02, -0.0200001), limits.subarray(0, 2), 0.01).breaches).toBe(1);
    const strict = valueAtRiskReport(returns, limits, 0.0001);
    expect(strict.expected).toBeCloseTo(0.06, 12);
    expect(strict.kupiecP).toBeLessThan(1e-6);
  });

  it('leaves out what no breach or a short span cannot tell', () => {
    const report = valueAtRiskReport(new Float64Array(249), new Float64Array(249), 0.01);
    expect(report).toMatchObject({ n: 249, breaches: 0, rate: 0 });
    expect(report.rateInterval.low).toBe(0);
    expect([report.christoffersenP, report.independenceP, report.worstWindowBreaches]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(valueAtRiskReport(new Float64Array(250), new Float64Array(250), 0.01).worstWindowBreaches).toBe(0);
  });

  it('refuses series that it cannot count on', async () => {
    const code = (...values: Parameters<typeof valueAtRiskReport>) => codeOf(() => valueAtRiskReport(...values));
    const two = Float64Array.of(0.01, 0.02);
    const gap = Float64Array.of(0.01, Number.NaN);
    expect(await code(gap, two, 0.01)).toBe('VALUE_NOT_FINITE');
    expect(await code(two, gap, 0.01)).toBe('VALUE_NOT_FINITE');
    expect(await code(two, Float64Array.of(0.01, -0.01), 0.01)).toBe('VALUE_OUT_OF_RANGE');
    expect(await code(two, new Float64Array(3), 0.01)).toBe('LENGTH_MISMATCH');
    expect(await code(new Float64Array(0), new Float64Array(0), 0.01)).toBe('INSUFFICIENT_DATA');
    expect(await code(two, two, 0)).toBe('VALUE_OUT_OF_RANGE');
    expect(await code(two, two, Number.NaN)).toBe('VALUE_NOT_FINITE');
  });
});
