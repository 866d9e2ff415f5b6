import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { driftMatrix, driftStatistics, type DriftConvention, type DriftMatrixOptions } from './drift.js';
import { codeOf } from './testing.js';

const GOLDEN = resolve(import.meta.dirname, '../../../tests/golden/drift/drift.json');

interface Golden {
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly ks: number;
  readonly ks_p: number;
  readonly ks_sign: number;
  readonly w1: number;
  readonly psi: number;
  readonly psi_floor: number;
  readonly kl: number;
  readonly js: number;
  readonly w1_std: number;
  readonly w1_iqr: number;
  readonly current_counts: readonly number[];
}

function golden(group: string): Golden {
  const groups = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, { values: Golden }>;
  return groups[group]!.values;
}

const ALL = [
  'psi/quantile-ref',
  'psi/floor1e-4',
  'kl/quantile-ref',
  'js/quantile-ref',
  'ks',
  'w1',
  'w1/std',
  'w1/iqr',
] as const satisfies readonly DriftConvention[];

const { reference, current, ...expected } = golden('student_t');
const [old, recent] = [Float64Array.from(reference), Float64Array.from(current)];

describe('driftStatistics', () => {
  it('gives the figures of scipy under each name, in the order asked for', () => {
    const results = driftStatistics(old, recent, ALL);
    expect(results.map(({ convention }) => convention)).toEqual(ALL);
    expect(results.map(({ status, version }) => [status, version])).toEqual(ALL.map(() => ['ok', 1]));
    const figures = ['psi', 'psi_floor', 'kl', 'js', 'ks', 'w1', 'w1_std', 'w1_iqr'] as const;
    expect(results.map(({ value }) => value)).toEqual(figures.map((name) => expect.closeTo(expected[name], 12)));
    const [psi, , , , ks] = results;
    expect(ks).toMatchObject({ nReference: 400, nCurrent: 120, sign: expected.ks_sign });
    expect(ks!.p! / expected.ks_p).toBeCloseTo(1, 9);
    expect(ks!.bins).toBeUndefined();
    expect(psi!.bins!.map((bin) => bin.current)).toEqual(expected.current_counts);
    expect([psi!.bins!.at(0)!.low, psi!.bins!.at(-1)!.high, psi!.p]).toEqual([undefined, undefined, undefined]);
  });

  it('counts out what is no number, and says when nothing is left', () => {
    const dirty = Float64Array.of(Number.NaN, ...current, Number.POSITIVE_INFINITY);
    expect(driftStatistics(old, dirty, ALL)).toEqual(driftStatistics(old, recent, ALL));
    const none = driftStatistics(old, Float64Array.of(Number.NaN), ALL);
    expect(none.map(({ status, value, p }) => [status, value, p])).toEqual(
      ALL.map(() => ['insufficient', undefined, undefined]),
    );
    const [constant] = driftStatistics(new Float64Array(9).fill(3), new Float64Array(5).fill(3), ['ks']);
    expect(constant).toMatchObject({ status: 'degenerate', value: 0, p: 1 });
  });

  it('leaves p out where it is not wanted, and refuses a name it does not know', async () => {
    const [ks] = driftStatistics(old, recent, ['ks'], { withP: false });
    expect([ks!.value, ks!.p]).toEqual([expect.closeTo(expected.ks, 14), undefined]);
    expect(await codeOf(() => driftStatistics(old, recent, ['psi' as DriftConvention]))).toBe(
      'DRIFT_CONVENTION_UNKNOWN',
    );
  });
});

describe('driftMatrix', () => {
  const rows = 120;
  const values = Float64Array.from({ length: rows * 2 }, (_, index) =>
    index % 2 === 0 ? recent[index / 2]! : old[(index - 1) / 2]!,
  );
  const options: DriftMatrixOptions = {
    columns: 2,
    referenceFrom: 0,
    referenceTo: 80,
    currentFrom: 80,
    currentTo: rows,
    conventions: ALL,
  };

  it('is the single comparison of every column, column after column', () => {
    const { scores, columns } = driftMatrix(values, options);
    const single = [recent, old].flatMap((column, index) =>
      driftStatistics(column.slice(0, 80), column.slice(80, rows), ALL).map(
        ({ convention, status, value, p, nReference, nCurrent }) => {
          const score = { column: index, convention, status, value, nReference, nCurrent };
          return p === undefined ? score : { ...score, p };
        },
      ),
    );
    expect(scores).toEqual(single);
    const clean = { nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
    expect(columns).toEqual([0, 1].map(() => ({ reference: { rows: 80, ...clean }, current: { rows: 40, ...clean } })));
    expect(driftMatrix(values, { ...options, withP: false }).scores.some(({ p }) => p !== undefined)).toBe(false);
  });

  it('gives the shares of gaps by column and window', () => {
    const gaps = values.slice();
    gaps[2 * 90] = Number.NaN;
    gaps[2 * 91 + 1] = Number.NEGATIVE_INFINITY;
    const { scores, columns } = driftMatrix(gaps, { ...options, conventions: ['ks'] });
    expect(columns.map((column) => column.current)).toEqual([
      { rows: 40, nan: 1 / 40, positiveInfinity: 0, negativeInfinity: 0 },
      { rows: 40, nan: 0, positiveInfinity: 0, negativeInfinity: 1 / 40 },
    ]);
    expect(scores.map(({ nCurrent }) => nCurrent)).toEqual([39, 39]);
    const empty = driftMatrix(gaps, { ...options, currentFrom: rows, conventions: ['ks'] });
    expect(empty.scores.map(({ status }) => status)).toEqual(['insufficient', 'insufficient']);
    expect(empty.columns[0]!.current).toEqual({ rows: 0 });
  });

  it('refuses windows and shapes that do not fit', async () => {
    const code = (change: Partial<DriftMatrixOptions>) => codeOf(() => driftMatrix(values, { ...options, ...change }));
    expect(await code({ columns: 7 })).toBe('MATRIX_SHAPE_INVALID');
    expect(await code({ columns: 0 })).toBe('MATRIX_SHAPE_INVALID');
    expect(await code({ currentTo: rows + 1 })).toBe('ROWS_OUT_OF_RANGE');
    expect(await code({ referenceFrom: 81 })).toBe('ROWS_OUT_OF_RANGE');
    expect(await code({ conventions: ['ks', 'w2' as DriftConvention] })).toBe('DRIFT_CONVENTION_UNKNOWN');
  });
});
