import { describe, expect, it } from '@jest/globals';
import { renderTable } from './table-text.js';
import { directionTable, volatilityTable } from './testing/tables.js';

describe('renderTable', () => {
  it('prints a direction agent’s table', () => {
    expect(renderTable(directionTable())).toMatchInlineSnapshot(`
      "market_insight: sealed span 2017-01-03 to 2020-04-17, 828 bars, opened for the 1st time
      data abababababababab, price index, no dividends, no financing, decided at close t, filled at close t+1, first PnL bar t+2, cost 1 bp a side, 3 configurations tried, loss log_loss

                                  bars     loss  Δ baseline  HAC t  hit rate  base rate  net Sharpe ± SE  turnover/y  max drawdown  break-even bp
      naive baseline (base_rate)   822  0.67123           –      –    57.0 %     60.0 %      0.55 ± 0.30         4.2        21.0 %          120.4
      hold the index               822        –           –      –    57.0 %     60.0 %      0.60 ± 0.30         0.3        21.0 %              –
      logistic                     822  0.67523     0.00400   0.80    57.0 %     60.0 %      0.55 ± 0.30         4.2        21.0 %          120.4
      gbdt                         822  0.68123     0.01000   1.40    57.0 %     60.0 %      0.55 ± 0.30         4.2        21.0 %          120.4
      served: 0.1.0                822  0.67123     0.00000      –    57.0 %     60.0 %      0.55 ± 0.30         4.2        21.0 %          120.4

        What it means.
        And what it does not."
    `);
  });

  it('prints a volatility agent’s table', () => {
    expect(renderTable(volatilityTable())).toMatchInlineSnapshot(`
      "risk_assessor: sealed span 2017-01-03 to 2020-04-17, 828 bars, opened for the 12th time
      data abababababababab, price index, no dividends, no financing, decided at close t, filled at close t+1, first PnL bar t+2, cost 1 bp a side, 3 configurations tried, loss qlike

                             bars      loss  Δ baseline  HAC t  breaches/expected  rate, exact 95 %  Christoffersen p  worst 250 bars
      naive baseline (ewma)   827  -8.61234           –      –              8/8.3    0.4 % to 1.9 %             0.412               5
      log_har                 827  -8.70234    -0.09000  -2.34              8/8.3    0.4 % to 1.9 %             0.412               5
      served: 1.0.0           827  -8.70234    -0.09000  -2.34              8/8.3    0.4 % to 1.9 %             0.412               5

        What it means.
        And what it does not."
    `);
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

  it('keeps its columns aligned whatever is missing', () => {
    const table = directionTable();
    const [first, ...rest] = table.rows;
    const bare = { name: first!.name, kind: first!.kind, bars: 0 };
    const lines = renderTable({ ...table, rows: [bare, ...rest] })
      .split('\n')
      .slice(3, 3 + table.rows.length + 1);
    expect(new Set(lines.map((line) => Array.from(line).length)).size).toBe(1);
  });
});
