import { describe, expect, it } from '@jest/globals';
import type { ResultRow, ResultTable } from '@tidemark/contracts';
import { directionTable, volatilityTable } from './testing/tables.js';
import { verdict } from './verdict.js';

const FACTS = { baselineVersion: '0.1.0', inSample: [] };

function withServed(table: ResultTable, servedVersion: string, row: Partial<ResultRow>): ResultTable {
  const rows = table.rows.map((each) => (each.kind === 'served' ? { ...each, ...row } : each));
  return { ...table, servedVersion, rows };
}

describe('the first words of the verdict', () => {
  it.each([
    [
      'the baseline stayed',
      '0.1.0',
      { deltaLoss: 0, deltaT: undefined },
      /0\.1\.0 served: no trained version passed the gate/,
    ],
    [
      'better',
      '1.0.0',
      { deltaLoss: -0.02, deltaT: -2.5, deltaCritical: 2.1 },
      /lower than .* by 0\.0200 \(HAC t -2\.50 against ±2\.10\): the difference is shown/,
    ],
    [
      'worse',
      '1.0.0',
      { deltaLoss: 0.02, deltaT: 2.5, deltaCritical: 2.1 },
      /higher than .* by 0\.0200 \(HAC t 2\.50 against ±2\.10\): the difference is shown/,
    ],
    [
      'lower, not shown',
      '1.0.0',
      { deltaLoss: -0.001, deltaT: -0.4, deltaCritical: 2.1 },
      /lower .*: the difference is not shown/,
    ],
    [
      'higher, not shown',
      '1.0.0',
      { deltaLoss: 0.001, deltaT: 2.05, deltaCritical: 2.1 },
      /higher .*: the difference is not shown/,
    ],
    [
      'too few bars',
      '1.0.0',
      { deltaLoss: undefined, deltaT: undefined },
      /1\.0\.0 served; its loss cannot be compared/,
    ],
    ['the same losses', '1.0.0', { deltaLoss: 0, deltaT: undefined }, /1\.0\.0 served; its loss cannot be compared/],
    [
      'two versions served',
      '0.1.0, 1.0.0',
      { deltaLoss: -0.02, deltaT: -2.5, deltaCritical: 2.1 },
      /^0\.1\.0, 1\.0\.0 served; its loss is lower/,
    ],
  ] as const)('say what served: %s', (_what, version, row, words) => {
    expect(verdict(withServed(directionTable(), version, row), FACTS)[0]).toMatch(words);
  });

  it('warn of figures that are not out of sample', () => {
    const lines = verdict(directionTable(), { ...FACTS, inSample: ['1.0.0', 'logistic'] });
    expect(lines[0]).toMatch(/^Not out of sample: 1\.0\.0, logistic/);
    expect(verdict(directionTable(), FACTS)).toEqual(lines.slice(1));
  });
});

describe('the words on trading', () => {
  const sharpe = (sharpeAgainstHold: ResultRow['sharpeAgainstHold']): string | undefined =>
    verdict(withServed(directionTable(), '1.0.0', { netSharpe: 0.9, sharpeAgainstHold }), FACTS).find((line) =>
      line.startsWith('Net Sharpe'),
    );

  it('compare with holding the index by the paired difference', () => {
    const gap = { difference: 0.3, standardError: 0.2 };
    expect(sharpe({ ...gap, isShown: false })).toBe(
      'Net Sharpe 0.90 ± 0.30 against 0.60 for holding the index: the difference of 0.30 ± 0.20 is not shown at the 5 % level.',
    );
    expect(sharpe({ ...gap, isShown: true })).toContain('is shown at the 5 % level');
    expect(sharpe(undefined)).toBeUndefined();
  });

  it('say so when the index was held on every bar', () => {
    expect(sharpe({ difference: 0, isShown: false })).toContain('it held the index on every bar');
  });
});

describe('the words on value at risk', () => {
  const breaches = (row: Partial<ResultRow>): string | undefined =>
    verdict(withServed(volatilityTable(), '1.0.0', row), FACTS).find((line) => line.startsWith('1 % VaR'));

  it('say whether one per cent lies in the exact interval', () => {
    expect(breaches({})).toMatch(/8 times against 8\.3 expected.*0\.42 % to 1\.90 %, contains 1 %/);
    expect(breaches({ breachRateInterval: [0.012, 0.03] })).toContain('does not contain 1 %');
    expect(breaches({ breaches: undefined })).toBeUndefined();
  });

  it('say when breaches are too many or come together although the interval contains one per cent', () => {
    expect(breaches({ christoffersenP: 0.012 })).toMatch(/contains 1 %\. Christoffersen p 0\.012: .* is rejected/);
    expect(breaches({ christoffersenP: 0.412 })).toMatch(/p 0\.412: .* is not rejected/);
    expect(breaches({ christoffersenP: undefined })).not.toContain('Christoffersen');
  });
});

describe('the words on families', () => {
  const familyLines = (deltaT: number, isConstant = false): string[] => {
    const table = directionTable();
    const rows = table.rows.map((row) =>
      row.kind === 'family' ? { ...row, deltaLoss: deltaT / 100, deltaT, isConstant } : row,
    );
    return verdict({ ...table, rows }, FACTS).filter((line) => /family|Lower loss|same answer/.test(line));
  };

  it('name those that did better, and call it hindsight', () => {
    expect(familyLines(-2.2)).toEqual([
      'Lower loss than the naive baseline on the sealed span: logistic, gbdt. Chosen after the fact, this is a description, not a forecast.',
    ]);
    expect(familyLines(-2.05)).toEqual([expect.stringMatching(/^No trained family/)]);
    expect(familyLines(2.2)).toEqual([expect.stringMatching(/^No trained family/)]);
  });

  it('give a model that never changes its answer no credit for timing', () => {
    expect(familyLines(-2.2, true)[1]).toMatch(/^logistic, gbdt gave the same answer on every bar: .* no timing/);
  });
});

describe('the last words', () => {
  it('state what the span could have shown', () => {
    expect(verdict(directionTable(), FACTS).at(-1)).toBe(
      'Smallest difference of loss that this span shows with 80 % probability: logistic 0.018, gbdt 0.018.',
    );
    const rows = directionTable().rows.map((row) => ({ ...row, smallestDetectable: undefined }));
    expect(verdict({ ...directionTable(), rows }, FACTS).at(-1)).toMatch(/too short/);
  });
});

describe('a table without a served row', () => {
  it('has no verdict', () => {
    const table = directionTable();
    expect(verdict({ ...table, rows: table.rows.filter(({ kind }) => kind !== 'served') }, FACTS)).toEqual([]);
  });
});
