import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sharpeDifference } from './statistics.js';
import { codeOf } from './testing.js';

const GOLDEN = resolve(import.meta.dirname, '../../../tests/golden/metrics.json');

interface Expected {
  readonly n: number;
  readonly bandwidth: number;
  readonly difference: number;
  readonly standard_error: number;
  readonly t: number;
  readonly critical_value: number;
}

function expected(): Expected {
  const groups = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { sharpe_difference: { values: Expected } };
  return groups.sharpe_difference.values;
}

/** The two series of `recorded_series` in the golden's generator script. */
function recordedSeries(): [Float64Array, Float64Array] {
  let state = 42n;
  const normal = (): number => {
    let total = 0;
    for (let draw = 0; draw < 12; draw += 1) {
      state = (1103515245n * state + 12345n) % 2147483648n;
      total += Number(state) / 2147483648;
    }
    return total - 6;
  };
  const series: [Float64Array, Float64Array] = [new Float64Array(500), new Float64Array(500)];
  let [first, second] = [0, 0];
  for (let bar = 0; bar < 500; bar += 1) {
    const [shock, other] = [normal(), normal()];
    first = 0.2 * first + shock;
    second = 0.2 * second + 0.8 * shock + 0.6 * other;
    series[0][bar] = 0.0005 + 0.01 * first;
    series[1][bar] = 0.0008 + 0.01 * second;
  }
  return series;
}

describe('sharpeDifference', () => {
  const [a, b] = recordedSeries();

  it('agrees with the joint covariance of both series', () => {
    const golden = expected();
    const report = sharpeDifference(a, b, { barsPerYear: 1 });
    expect(report).toMatchObject({ status: 'ok', n: golden.n, bandwidth: golden.bandwidth, significant: false });
    expect(report.difference).toBeCloseTo(golden.difference, 12);
    expect(report.standardError).toBeCloseTo(golden.standard_error, 12);
    expect(report.t).toBeCloseTo(golden.t, 10);
    expect(report.criticalValue).toBeCloseTo(golden.critical_value, 12);
    const width = golden.critical_value * golden.standard_error;
    expect(report.interval?.low).toBeCloseTo(golden.difference - width, 12);
    expect(report.interval?.high).toBeCloseTo(golden.difference + width, 12);
  });

  it('annualises both figures, not their ratio', () => {
    const [bar, year] = [1, 252].map((barsPerYear) => sharpeDifference(a, b, { barsPerYear }));
    expect(year!.difference! / bar!.difference!).toBeCloseTo(Math.sqrt(252), 10);
    expect(year!.t).toBeCloseTo(bar!.t!, 12);
    expect(sharpeDifference(a, b, { barsPerYear: 252, horizon: 60 }).bandwidth).toBe(59);
  });

  it('has no verdict on the same strategy, on an idle one and on a short span', () => {
    const same = sharpeDifference(a, a, { barsPerYear: 252 });
    expect(same).toMatchObject({ status: 'degenerate', difference: 0, significant: false });
    expect([same.standardError, same.t, same.interval]).toEqual([undefined, undefined, undefined]);
    const idle = sharpeDifference(a, new Float64Array(500), { barsPerYear: 252 });
    expect(idle.status).toBe('degenerate');
    expect(idle.difference).toBeUndefined();
    const short = sharpeDifference(a.subarray(0, 249), b.subarray(0, 249), { barsPerYear: 252 });
    expect(short).toMatchObject({ status: 'insufficient', n: 249, significant: false });
    expect(short.standardError).toBeUndefined();
  });

  it('refuses series that cannot be paired', async () => {
    const code = (left: Float64Array, right: Float64Array, barsPerYear = 252) =>
      codeOf(() => sharpeDifference(left, right, { barsPerYear }));
    expect(await code(a, b.subarray(1))).toBe('LENGTH_MISMATCH');
    expect(
      await code(
        a,
        b.map((value, bar) => (bar === 7 ? Number.NaN : value)),
      ),
    ).toBe('VALUE_NOT_FINITE');
    expect(await code(a, b, 0)).toBe('VALUE_OUT_OF_RANGE');
  });
});
