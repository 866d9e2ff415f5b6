import { callerError, type TidemarkError } from '@tidemark/kernel';
import type { Bar } from './bar.js';

/** One thing wrong with the data, by row (1-based, the header of a file counts) and column. */
export interface BarProblem {
  readonly row: number;
  readonly column: string;
  readonly message: string;
}

/** How many problems an error lists; the count is always complete. */
const LISTED = 20;

export function barsInvalid(origin: string, problems: readonly BarProblem[]): TidemarkError {
  const first = problems[0]!;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return callerError(
    'BARS_INVALID',
    `${origin}: row ${first.row}, column ${first.column}: ${first.message}${more}. Nothing was stored.`,
    { details: { count: problems.length, problems: problems.slice(0, LISTED) } },
  );
}

/**
 * Price rules of one bar: every price positive and finite, low ≤ close ≤ high, volume not negative. `open` may lie
 * outside: files fill it in with the previous close.
 */
export function priceProblems(bar: Bar, row: number): BarProblem[] {
  const problems: BarProblem[] = [];
  const add = (column: string, message: string): void => void problems.push({ row, column, message });
  for (const column of ['open', 'high', 'low', 'close'] as const) {
    if (!(Number.isFinite(bar[column]) && bar[column] > 0))
      add(column, `expected a positive price, got ${bar[column]}`);
  }
  if (!(Number.isFinite(bar.volume) && bar.volume >= 0))
    add('volume', `expected a volume of at least 0, got ${bar.volume}`);
  if (problems.length > 0) return problems;
  if (bar.low > bar.high) add('low', `low ${bar.low} is above high ${bar.high}`);
  else if (bar.close < bar.low || bar.close > bar.high) {
    add('close', `close ${bar.close} is outside low ${bar.low} to high ${bar.high}`);
  }
  return problems;
}

/** Order rules over bars: strictly rising event times; `rowOf` maps an index to its row number. */
export function orderProblems(
  bars: readonly Bar[],
  rowOf: (index: number) => number,
  column: string = 'time',
): BarProblem[] {
  const problems: BarProblem[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  bars.forEach((bar, index) => {
    const time = bar.eventTime.getTime();
    // A time that cannot be read is a problem of its own.
    if (Number.isNaN(time)) return;
    const shown = bar.eventTime.toISOString();
    if (time === previous) problems.push({ row: rowOf(index), column, message: `duplicate of a row above: ${shown}` });
    if (time < previous)
      problems.push({ row: rowOf(index), column, message: `not sorted: ${shown} is before a row above` });
    previous = Math.max(previous, time);
  });
  return problems;
}

/** A bar whose event time lies ahead cannot have been observed. */
export function futureProblems(bars: readonly Bar[], now: Date, rowOf: (index: number) => number): BarProblem[] {
  return bars.flatMap(({ eventTime }, index): BarProblem[] =>
    eventTime > now
      ? [{ row: rowOf(index), column: 'time', message: `${eventTime.toISOString()} lies in the future` }]
      : [],
  );
}
