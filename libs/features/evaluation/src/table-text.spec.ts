import { describe, expect, it } from '@jest/globals';
import { resultTableSchema } from '@tidemark/contracts';
import { renderTable } from './table-text.js';
import { directionTable, volatilityTable } from './testing/tables.js';

/** A terminal of usual width shows it unbroken. */
const WIDTH = 130;

describe('renderTable', () => {
  it('prints a direction agent’s table', () => {
    expect(renderTable(directionTable())).toMatchInlineSnapshot(`
      "market_insight
        span   2004-01-02 to 2020-04-17, 4100 bars, timeline main
        data   abababababababab, price index, no dividends, no financing, cost 1 bp a side
        fill   decided at close t, filled at close t+1, first PnL bar t+2
        loss   log loss of the probability
        policy default, cdcdcdcdcdcdcdcd
        tried  812 configurations scored, over all rows
        sealed bars from 2017-01-01 on, opened for the 1st time
        alarms possible for features from 2005-03-01, all 12 from 2005-06-01; loss from 2004-04-05; volume never

                                           pro-    re-             Δ to         HAC t   hit/base   net Sharpe   turn-   break-     max
                                    fits  moted  fused    loss    row 1    (critical)     rate %         ± SE  over/y  even bp  fall %
      1 naive baseline (base_rate)     –      –      –  0.6712        –             –  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
      2 hold the index                 –      –      –       –        –             –  57.0/58.4  0.60 ± 0.30     0.3        –   -21.0
      3 trained once                   1      1      0  0.6752   0.0040   0.80 (2.10)  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
      4 every 63 bars, newest in      65     65      0  0.6912   0.0200   4.00 (2.10)  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
      5 every 63 bars, gated          65      3     62  0.6722   0.0010   0.20 (2.10)  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
      6 the policy: default           67      3     62  0.6692  -0.0020  -0.40 (2.10)  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
          2004–06                     12      0     12  0.6712   0.0000             –  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0
          2007–09                     13      1     12  0.6612  -0.0100  -2.00 (2.10)  57.0/58.4  0.55 ± 0.30     4.2    120.4   -21.0

      11 alarms, and higher loss within 63 bars  alarms  followed by higher loss
          DRIFT features                             31          16 of 30 (53 %)
          PERFORMANCE loss                            3            1 of 2 (50 %)
          on any bar                                         1965 of 3970 (49 %)
         refusals: 58 × not shown to be better than the incumbent; 4 × the candidate gives the same answer on every bar of
                   the gate slice
      12 the same signals, told naively and honestly                               Sharpe ± SE
          naive   overlapping 5-bar returns, annualised as if daily, without cost  0.87
          naive   marked daily, filled at the close that decided, without cost     0.44 ± 0.25
          honest  marked daily, filled at the next close, 1 bp a side              0.33 ± 0.25
          honest  the naive baseline’s signal, told as honestly                    0.34 ± 0.25

        - What it means.
        - And what it does not."
    `);
  });

  it('prints a volatility agent’s table', () => {
    expect(renderTable(volatilityTable())).toMatchInlineSnapshot(`
      "risk_assessor
        span   2004-01-02 to 2020-04-17, 4100 bars, timeline main
        data   abababababababab, price index, no dividends, no financing, cost 1 bp a side
        fill   decided at close t, filled at close t+1, first PnL bar t+2
        loss   QLIKE: ln h + r²/h
        policy default, cdcdcdcdcdcdcdcd
        tried  812 configurations scored, over all rows
        sealed bars from 2017-01-01 on, opened for the 12th time
        alarms possible for features from 2005-03-01, all 12 from 2005-06-01; loss from 2004-04-05; volume never

                                         pro-    re-              Δ to         HAC t  breaches/     rate %,  Christof-     worst
                                  fits  moted  fused     loss    row 1    (critical)   expected  exact 95 %   fersen p  250 bars
      1 naive baseline (ewma)        –      –      –  -8.6123        –             –    48/41.2   0.86–1.55      0.412         7
      3 trained once                 1      1      0  -8.6083   0.0040   0.80 (2.10)    48/41.2   0.86–1.55      0.412         7
      4 every 63 bars, newest in    65     65      0  -8.5923   0.0200   4.00 (2.10)    48/41.2   0.86–1.55      0.412         7
      5 every 63 bars, gated        65      3     62  -8.6113   0.0010   0.20 (2.10)    48/41.2   0.86–1.55      0.412         7
      6 the policy: default         67      3     62  -8.6143  -0.0020  -0.40 (2.10)    48/41.2   0.86–1.55      0.412         7
          2004–06                   12      0     12  -8.6123   0.0000             –    48/41.2   0.86–1.55      0.412         7
          2007–09                   13      1     12  -8.6223  -0.0100  -2.00 (2.10)    48/41.2   0.86–1.55      0.412         7

      11 alarms, and higher loss within 63 bars  alarms  followed by higher loss
          DRIFT features                             31          16 of 30 (53 %)
          PERFORMANCE loss                            3            1 of 2 (50 %)
          on any bar                                         1965 of 3970 (49 %)
         refusals: 58 × not shown to be better than the incumbent; 4 × the candidate gives the same answer on every bar of
                   the gate slice
      12 the same signals, told twice: A volatility agent takes no position, so there is no return to tell in two ways.

        - What it means.
        - And what it does not."
    `);
  });

  it.each([directionTable(), volatilityTable()])('fits a terminal', (table) => {
    const lengths = renderTable(resultTableSchema.parse(table))
      .split('\n')
      .map((line) => Array.from(line).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(WIDTH);
  });

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [4, '4th'],
    [11, '11th'],
    [12, '12th'],
    [13, '13th'],
    [21, '21st'],
    [102, '102nd'],
    [111, '111th'],
  ])('counts opening %i as the %s', (opening, ordinal) => {
    expect(renderTable({ ...directionTable(), opening })).toContain(`opened for the ${ordinal} time`);
  });

  it('says so when the sealed bars were not looked at', () => {
    expect(renderTable({ ...directionTable(), opening: undefined })).toContain('the span ends before 2017-01-01');
  });

  it('keeps its columns aligned whatever is missing', () => {
    const table = directionTable();
    const [first, ...rest] = table.rows;
    const bare = { name: first!.name, kind: first!.kind, bars: 0 };
    const text = renderTable({ ...table, rows: [bare, ...rest] });
    const lines = text.split('\n').filter((line) => /naive baseline \(|every 63|the policy:|2004–06/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(new Set(lines.slice(0, 4).map((line) => Array.from(line).length)).size).toBe(1);
  });

  it('names the most frequent reasons of refusals and counts the others', () => {
    const table = directionTable();
    const refusals = Array.from({ length: 8 }, (_, index) => ({
      reason: `reason ${'abcdefgh'[index]!}`,
      count: 9 - index,
    }));
    const text = renderTable({ ...table, alarms: { ...table.alarms, refusals } });
    expect(text).toContain('9 × reason a');
    expect(text).toContain('9 for other reasons');
    expect(text).not.toContain('reason f');
  });

  it('says when nothing was raised or refused', () => {
    const table = directionTable();
    const text = renderTable({ ...table, alarms: { ...table.alarms, kinds: [], refusals: [] } });
    expect(text).toMatch(/11 no alarms\n {3}refusals: none/);
  });
});
