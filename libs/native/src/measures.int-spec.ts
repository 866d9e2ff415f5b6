import { describe, expect, it } from '@jest/globals';
import { backtestDirection, binomialInterval, lossPerRow, type DirectionBacktest } from './measures.js';
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
