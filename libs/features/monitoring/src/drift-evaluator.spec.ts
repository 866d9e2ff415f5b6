import { describe, expect, it } from '@jest/globals';
import { monitorsSchema } from '@tidemark/contracts';
import { judgeDrift, quantile, statisticsOf, type DriftRule } from './drift-evaluator.js';

const spec = monitorsSchema.parse({ features: { statistics: ['ks'], minPairs: 20, limitQuantile: 0.9 } }).features;
const rule: DriftRule = { monitor: 'features', preset: 'measured', spec };
const past = (count: number): number[] => Array.from({ length: count }, (_, index) => index / 100);
const scores = (value: number | undefined, pairs = 21): { value: number | undefined; past: number[] }[] => [
  { value: 0.1, past: past(pairs) },
  { value, past: past(pairs) },
];

describe('drift of a subject', () => {
  it('always computes the statistic that decides', () => {
    expect(statisticsOf(spec)).toEqual(['ks', 'psi/quantile-ref']);
  });

  it.each([
    ['no windows yet', undefined, { status: 'insufficient', pairs: 0 }],
    ['too few past pairs', scores(9, 19), { status: 'insufficient', value: 9, pairs: 19 }],
    ['a statistic without a value', scores(undefined), { status: 'degenerate' }],
    ['within the limit', scores(0.18), { status: 'ok', limit: 0.18, ratio: 1 }],
    ['beyond', scores(0.27), { status: 'warning', ratio: expect.closeTo(1.5, 9) }],
    ['far beyond', scores(0.5), { status: 'critical' }],
  ])('%s', (_name, given, expected) => {
    expect(judgeDrift(rule, 'ret_1', given, undefined)).toMatchObject(expected);
  });

  it('keeps value and limit of every statistic', () => {
    expect(judgeDrift(rule, 'ret_1', scores(0.27), undefined).details).toEqual({
      statistics: { ks: { value: 0.1, limit: 0.18 }, 'psi/quantile-ref': { value: 0.27, limit: 0.18 } },
    });
  });

  it.each([
    ['psi/quantile-ref', [0.09, 0.11, 0.26]],
    ['kl/quantile-ref', [0.04, 0.06, 0.11]],
  ] as const)('uses the documented numbers of %s without any past', (alarmOn, values) => {
    const documented: DriftRule = { ...rule, preset: 'documented', spec: { ...spec, statistics: [alarmOn], alarmOn } };
    const statuses = values.map((value) => judgeDrift(documented, 'a', [{ value, past: [] }], undefined).status);
    expect(statuses).toEqual(['ok', 'warning', 'critical']);
  });

  it('interpolates quantiles as numpy does', () => {
    expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.99)).toBeCloseTo(4.96, 12);
    expect(quantile([7], 0.99)).toBe(7);
  });
});
