import { describe, expect, it } from '@jest/globals';
import { placeboOf, quantile, type GridFit } from './placebo.js';
import { sample, seeded } from './random.js';

/** Ten rows; the baseline loses 1 on each, fits lose less the later they are made. The last label has not matured. */
const baseline = Float64Array.from({ length: 10 }, (_, row) => (row === 9 ? Number.NaN : 1));
const fitAt = (start: number, loss: number): GridFit => ({
  start,
  losses: baseline.slice(start).map((value) => value * loss),
});
const grid = [fitAt(2, 0.5), fitAt(5, 0.2), fitAt(8, 0.1)];
const question = { baseline, grid, draws: 500, seed: 1, policyLoss: 0.6 };

describe('placeboOf', () => {
  it('is the baseline without a refit', () => {
    const { median, low, high, shareAsGood } = placeboOf({ ...question, refits: 0 });
    expect([median, low, high]).toEqual([1, 1, 1]);
    expect(shareAsGood).toBe(0);
  });

  it('serves the newest fit until the next one', () => {
    const all = placeboOf({ ...question, refits: 3 });
    // 2 × 1, 3 × 0.5, 3 × 0.2, 1 × 0.1 over nine matured rows.
    expect(all.median).toBeCloseTo((2 + 1.5 + 0.6 + 0.1) / 9, 12);
    expect(all).toMatchObject({ refits: 3, shareAsGood: 1 });
    expect(placeboOf({ ...question, refits: 99 }).median).toBe(all.median);
  });

  it('draws each single refit about as often, and the same with the same seed', () => {
    const one = placeboOf({ ...question, refits: 1, policyLoss: (5 + 4 * 0.2) / 9 });
    expect(one.shareAsGood).toBeGreaterThan(0.55);
    expect(one.shareAsGood).toBeLessThan(0.78);
    expect(one.low).toBeCloseTo((2 + 7 * 0.5) / 9, 12);
    expect(one.high).toBeCloseTo((8 + 0.1) / 9, 12);
    expect(placeboOf({ ...question, refits: 1 })).toEqual(placeboOf({ ...question, refits: 1 }));
    expect(placeboOf({ ...question, refits: 2, seed: 2 })).not.toEqual(placeboOf({ ...question, refits: 2 }));
  });

  it('counts a tie as as good', () => {
    expect(placeboOf({ ...question, refits: 0, policyLoss: 1 }).shareAsGood).toBe(1);
  });
});

describe('quantile', () => {
  it('is linear between neighbours', () => {
    expect(quantile([1, 2, 4], 0.75)).toBe(3);
    expect(quantile([7], 0.05)).toBe(7);
  });
});

describe('sample', () => {
  it('gives different numbers, rising, each as often', () => {
    const random = seeded(3);
    const counts = new Array<number>(6).fill(0);
    for (let draw = 0; draw < 3_000; draw += 1) {
      const chosen = sample(random, 6, 2);
      expect(chosen[0]!).toBeLessThan(chosen[1]!);
      for (const each of chosen) counts[each]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });
});
