import type { ResultRow, ResultTable } from '@tidemark/contracts';

type Column = readonly [title: string, cell: (row: ResultRow) => string | undefined];

const fixed = (value: number | undefined, digits: number): string | undefined => value?.toFixed(digits);
const percent = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${(value * 100).toFixed(1)} %`;

const COMMON: readonly Column[] = [
  ['', (row) => row.name],
  ['bars', (row) => String(row.bars)],
  ['loss', (row) => fixed(row.loss, 5)],
  ['Δ baseline', (row) => fixed(row.deltaLoss, 5)],
  ['HAC t', (row) => fixed(row.deltaT, 2)],
];

const DIRECTION: readonly Column[] = [
  ['hit rate', (row) => percent(row.hitRate)],
  ['base rate', (row) => percent(row.baseRate)],
  [
    'net Sharpe ± SE',
    (row) =>
      row.netSharpe === undefined ? undefined : `${row.netSharpe.toFixed(2)} ± ${row.netSharpeSe?.toFixed(2) ?? '?'}`,
  ],
  ['turnover/y', (row) => fixed(row.turnoverPerYear, 1)],
  ['max drawdown', (row) => percent(row.maxDrawdown)],
  ['break-even bp', (row) => fixed(row.breakEvenBps, 1)],
];

const VOLATILITY: readonly Column[] = [
  [
    'breaches/expected',
    (row) => (row.breaches === undefined ? undefined : `${row.breaches}/${row.expectedBreaches?.toFixed(1) ?? '?'}`),
  ],
  [
    'rate, exact 95 %',
    (row) =>
      row.breachRateInterval === undefined
        ? undefined
        : row.breachRateInterval.map((rate) => percent(rate)).join(' to '),
  ],
  ['Christoffersen p', (row) => fixed(row.christoffersenP, 3)],
  ['worst 250 bars', (row) => row.worstWindowBreaches?.toString()],
];

/** The table as `npm start` prints it: header, rows, verdict in words. */
export function renderTable(table: ResultTable): string {
  const columns = [...COMMON, ...(table.task === 'direction' ? DIRECTION : VOLATILITY)];
  const cells = [
    columns.map(([title]) => title),
    ...table.rows.map((row) => columns.map(([, cell]) => cell(row) ?? '–')),
  ];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  '),
  );
  return [...header(table), '', lines[0]!, ...lines.slice(1), '', ...table.verdict.map((line) => `  ${line}`)].join(
    '\n',
  );
}

function header(table: ResultTable): string[] {
  const { from, to, bars } = table.span;
  return [
    `${table.agent}: sealed span ${from.slice(0, 10)} to ${to.slice(0, 10)}, ${bars} bars, opened for the ${ordinal(table.opening)} time`,
    `data ${table.dataHash.slice(0, 16)}, ${table.returns}, ${table.fillRule}, cost ${table.costBps} bp a side, ${table.configurationsTried} configurations tried, loss ${table.loss}`,
  ];
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}
