import type { ResultRow, ResultTable } from '@tidemark/contracts';

/** A column of the table, for the terminal and the report alike: title on two lines, and the text of a row's cell. */
export interface Column {
  readonly title: readonly [string, string];
  readonly cell: (row: ResultRow) => string | undefined;
}

const fixed = (value: number | undefined, digits: number): string | undefined => value?.toFixed(digits);
const percent = (value: number | undefined): string | undefined => fixed(value === undefined ? value : value * 100, 1);
const whole = (value: number | undefined): string | undefined => value?.toString();

const COMMON: readonly Column[] = [
  { title: ['', ''], cell: rowName },
  { title: ['', 'fits'], cell: (row) => whole(row.fits) },
  { title: ['pro-', 'moted'], cell: (row) => whole(row.promotions) },
  { title: ['re-', 'fused'], cell: (row) => whole(row.refusals) },
  { title: ['', 'loss'], cell: (row) => fixed(row.loss, 4) },
  { title: ['Δ to', 'row 1'], cell: (row) => fixed(row.deltaLoss, 4) },
  { title: ['HAC t', '(critical)'], cell: tCell },
];

const DIRECTION: readonly Column[] = [
  { title: ['hit/base', 'rate %'], cell: hitCell },
  { title: ['net Sharpe', '± SE'], cell: (row) => withError(row.netSharpe, row.netSharpeSe) },
  { title: ['turn-', 'over/y'], cell: (row) => fixed(row.turnoverPerYear, 1) },
  { title: ['break-', 'even bp'], cell: (row) => fixed(row.breakEvenBps, 1) },
  { title: ['max', 'fall %'], cell: (row) => percent(row.maxDrawdown) },
];

const VOLATILITY: readonly Column[] = [
  { title: ['breaches/', 'expected'], cell: breachCell },
  { title: ['rate %,', 'exact 95 %'], cell: intervalCell },
  { title: ['Christof-', 'fersen p'], cell: (row) => fixed(row.christoffersenP, 3) },
  { title: ['worst', '250 bars'], cell: (row) => whole(row.worstWindowBreaches) },
];

export function columnsOf(task: ResultTable['task']): readonly Column[] {
  return [...COMMON, ...(task === 'direction' ? DIRECTION : VOLATILITY)];
}

function rowName({ number, name }: ResultRow): string {
  return number === undefined ? `    ${name}` : `${number} ${name}`;
}

function tCell({ deltaT, deltaCritical }: ResultRow): string | undefined {
  if (deltaT === undefined || deltaCritical === undefined) return undefined;
  return `${deltaT.toFixed(2)} (${deltaCritical.toFixed(2)})`;
}

function hitCell({ hitRate, baseRate }: ResultRow): string | undefined {
  return hitRate === undefined || baseRate === undefined ? undefined : `${percent(hitRate)!}/${percent(baseRate)!}`;
}

/** "0.44 ± 0.25". */
export function withError(value: number | undefined, error: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(2)} ± ${error?.toFixed(2) ?? '?'}`;
}

function breachCell({ breaches, expectedBreaches }: ResultRow): string | undefined {
  return breaches === undefined ? undefined : `${breaches}/${fixed(expectedBreaches, 1) ?? '?'}`;
}

function intervalCell({ breachRateInterval: interval }: ResultRow): string | undefined {
  return interval?.map((rate) => (rate * 100).toFixed(2)).join('–');
}

/** "12 of 31 (39 %)". */
export function shareOf(part: number, all: number): string {
  return all === 0 ? '–' : `${part} of ${all} (${Math.round((100 * part) / all)} %)`;
}
