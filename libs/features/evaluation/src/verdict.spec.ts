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
      { deltaLoss: -0.02, deltaT: -2.5 },
      /lower than .* by 0\.0200 \(HAC t -2\.50\): the difference is shown/,
    ],
    [
      'worse',
      '1.0.0',
      { deltaLoss: 0.02, deltaT: 2.5 },
      /higher than .* by 0\.0200 \(HAC t 2\.50\): the difference is shown/,
    ],
    ['lower, not shown', '1.0.0', { deltaLoss: -0.001, deltaT: -0.4 }, /lower .*: the difference is not shown/],
    ['higher, not shown', '1.0.0', { deltaLoss: 0.001, deltaT: 1.95 }, /higher .*: the difference is not shown/],
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
      { deltaLoss: -0.02, deltaT: -2.5 },
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
  const sharpe = (netSharpe: number | undefined): string | undefined =>
    verdict(withServed(directionTable(), '1.0.0', { netSharpe, netSharpeSe: 0.3 }), FACTS).find((line) =>
      line.startsWith('Net Sharpe'),
    );

  it('compare with holding the index, with the uncertainty', () => {
    expect(sharpe(0.9)).toContain('0.90 ± 0.30 against 0.60 for holding the index: within two standard errors');
    expect(sharpe(1.3)).toContain('more than two standard errors apart');
    expect(sharpe(undefined)).toBeUndefined();
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
});

describe('the words on families', () => {
  const familyLine = (deltaT: number): string | undefined => {
    const table = directionTable();
    const rows = table.rows.map((row) => (row.kind === 'family' ? { ...row, deltaLoss: deltaT / 100, deltaT } : row));
    return verdict({ ...table, rows }, FACTS).at(-1);
  };

  it('name those that did better, and call it hindsight', () => {
    expect(familyLine(-2.1)).toBe(
      'Lower loss than the naive baseline on the sealed span: logistic, gbdt. Chosen after the fact, this is a description, not a forecast.',
    );
    expect(familyLine(-1.9)).toMatch(/^No trained family/);
    expect(familyLine(2.1)).toMatch(/^No trained family/);
  });
});

describe('a table without a served row', () => {
  it('has no verdict', () => {
    const table = directionTable();
    expect(verdict({ ...table, rows: table.rows.filter(({ kind }) => kind !== 'served') }, FACTS)).toEqual([]);
  });
});
