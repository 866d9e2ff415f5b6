import { describe, expect, it } from '@jest/globals';
import type { ResultRow, ResultTable, ServedPeriod } from '@tidemark/contracts';
import { directionTable, volatilityTable } from './testing/tables.js';
import { verdict } from './verdict.js';

function withPolicy(table: ResultTable, row: Partial<ResultRow>): ResultTable {
  return { ...table, rows: table.rows.map((each) => (each.kind === 'policy' ? { ...each, ...row } : each)) };
}

const line = (table: ResultTable, pattern: RegExp): string | undefined =>
  verdict(table).find((words) => pattern.test(words));

describe('the words on what served', () => {
  const period = (version: string, family: ServedPeriod['family'], year: number): ServedPeriod => ({
    version,
    family,
    isBaseline: version === '0.1.0',
    from: `${year}-01-02T00:00:00.000Z`,
    to: `${year}-12-31T00:00:00.000Z`,
    bars: 252,
  });

  it('call a baseline that stayed a valid result', () => {
    const words = verdict(directionTable());
    expect(words[0]).toBe('Served throughout: the naive baseline (base_rate) 0.1.0, 2004-01-02 to 2020-04-17.');
    expect(words[1]).toBe(
      'No trained version of 67 trainings passed the gate, so the naive baseline stayed. That is a valid result.',
    );
  });

  it('tell versions of one recipe as one', () => {
    expect(verdict(volatilityTable())[0]).toBe(
      'Served: the naive baseline (ewma) 0.1.0, 2004-01-02 to 2009-06-30; then log_har 1.0.0 to 1.1.0, 2 versions, 2009-07-01 to 2020-04-17.',
    );
  });

  it('shorten a long history to its ends', () => {
    const served = Array.from({ length: 9 }, (_, index) =>
      index % 2 === 0 ? period('0.1.0', 'ewma', 2004 + index) : period('1.0.0', 'log_har', 2004 + index),
    );
    expect(verdict({ ...volatilityTable(), served })[0]).toMatch(
      /^Served: the naive baseline .*; then 7 changes of recipe; at the end the naive baseline \(ewma\) 0\.1\.0, 2012/,
    );
  });

  it('name a return to the same version once', () => {
    const served = [
      period('1.0.0', 'log_har', 2004),
      period('1.1.0', 'log_har', 2005),
      period('1.0.0', 'log_har', 2006),
    ];
    expect(verdict({ ...volatilityTable(), served })[0]).toContain('1.0.0 to 1.0.0, 2 versions');
  });
});

describe('the words on the policy', () => {
  it.each([
    [
      'better',
      { deltaLoss: -0.02, deltaT: -2.5 },
      /lower than .* by 0\.0200 \(HAC t -2\.50 against ±2\.10\): the difference is shown/,
    ],
    [
      'worse',
      { deltaLoss: 0.02, deltaT: 2.5 },
      /higher than .* by 0\.0200 \(HAC t 2\.50 against ±2\.10\): the difference is shown/,
    ],
    ['lower, not shown', { deltaLoss: -0.001, deltaT: -0.4 }, /lower .*: the difference is not shown/],
    ['higher, not shown', { deltaLoss: 0.001, deltaT: 2.05 }, /higher .*: the difference is not shown/],
    ['too few bars', { deltaLoss: undefined, deltaT: undefined }, /cannot be compared with the naive baseline’s/],
    ['the same losses', { deltaLoss: 0, deltaT: undefined }, /cannot be compared with the naive baseline’s/],
  ])('say whether it beat the baseline: %s', (_what, row, words) => {
    expect(verdict(withPolicy(volatilityTable(), { deltaCritical: 2.1, ...row }))[1]).toMatch(words);
  });

  it('give a policy that never changed its answer no credit for timing', () => {
    expect(verdict(withPolicy(volatilityTable(), { isConstant: true }))[1]).toMatch(
      /same answer on every bar.*no timing/,
    );
  });

  it('say whether the gate and the monitors were worth anything', () => {
    expect(line(directionTable(), /^What passed the gate/)).toMatch(
      /lower than that of the newest version always in.* is shown/,
    );
    expect(line(directionTable(), /trained once/)).toMatch(/^The policy’s loss is lower .* not shown/);
    expect(line(directionTable(), /^With its monitors/)).toBe(
      'With its monitors the policy’s loss is the same as that of the same calendar and gate without them.',
    );
    expect(line({ ...directionTable(), comparisons: [] }, /passed the gate has/)).toBeUndefined();
  });

  it('count the eras and those in which a difference is shown', () => {
    expect(line(directionTable(), /^By era/)).toBe(
      'By era its loss is lower than the baseline’s in 1 of 2; taken one by one, a difference is shown in none of them.',
    );
    const rows = directionTable().rows.map((row) => (row.name === '2007–09' ? { ...row, deltaT: -2.2 } : row));
    expect(line({ ...directionTable(), rows }, /^By era/)).toContain('shown in 2007–09');
  });

  it('do not use words that promise', () => {
    for (const table of [directionTable(), volatilityTable()]) {
      expect(verdict(table).join(' ')).not.toMatch(/\b(proves?|proven|alpha|guarantee|will)\b/i);
    }
  });
});

describe('the words on trading', () => {
  const sharpe = (sharpeAgainstHold: ResultRow['sharpeAgainstHold']): string | undefined =>
    line(withPolicy(directionTable(), { netSharpe: 0.9, sharpeAgainstHold }), /^Net Sharpe/);

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
    line(withPolicy(volatilityTable(), row), /^1 % VaR/);

  it('say whether one per cent lies in the exact interval', () => {
    expect(breaches({})).toMatch(/48 times against 41\.2 expected.*0\.86 % to 1\.55 %, contains 1 %/);
    expect(breaches({ breachRateInterval: [0.012, 0.03] })).toContain('does not contain 1 %');
    expect(breaches({ breaches: undefined })).toBeUndefined();
  });

  it('say when breaches are too many or come together although the interval contains one per cent', () => {
    expect(breaches({ christoffersenP: 0.012 })).toMatch(/contains 1 %\. Christoffersen p 0\.012: .* is rejected/);
    expect(breaches({ christoffersenP: 0.412 })).toMatch(/p 0\.412: .* is not rejected/);
    expect(breaches({ christoffersenP: undefined })).not.toContain('Christoffersen');
  });
});

describe('the words on alarms', () => {
  it('hold them against what any bar would have scored', () => {
    expect(line(directionTable(), /alarms/)).toBe(
      '34 alarms; of 32 that can be judged 17 (53 %) were followed by a higher loss within 63 bars. Of all bars 49 % were.',
    );
  });

  it('say when there is nothing to judge', () => {
    const table = directionTable();
    const kind = { kind: 'DRIFT' as const, monitor: 'features', alarms: 1, judged: 0, followedByHigherLoss: 0 };
    expect(line({ ...table, alarms: { ...table.alarms, kinds: [] } }, /monitor raised/)).toBe(
      'No monitor raised an alarm.',
    );
    expect(line({ ...table, alarms: { ...table.alarms, kinds: [kind] } }, /1 alarm,/)).toMatch(
      /none with 63 matured bars/,
    );
  });
});

describe('the last words', () => {
  it('state what the span could have shown, and what it cannot', () => {
    const words = verdict(directionTable());
    expect(words.at(-2)).toMatch(/^Smallest difference of loss .* 80 % probability: row 3 0\.018, row 4 0\.018/);
    expect(words.at(-1)).toMatch(/no claim about another series or the next year/);
    const rows = directionTable().rows.map((row) => ({ ...row, smallestDetectable: undefined }));
    expect(verdict({ ...directionTable(), rows }).at(-2)).toMatch(/^No difference of loss .* can be tested/);
  });
});

describe('a table without a policy', () => {
  it('has no verdict', () => {
    const table = directionTable();
    expect(verdict({ ...table, rows: table.rows.filter(({ kind }) => kind !== 'policy') })).toEqual([]);
  });
});
