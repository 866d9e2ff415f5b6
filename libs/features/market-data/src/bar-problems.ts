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

/** Price rules of one bar: every price positive and finite, low ≤ open, close ≤ high, volume not negative. */
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
export function orderProblems(bars: readonly Bar[], rowOf: (index: number) => number): BarProblem[] {
  return bars.slice(1).flatMap((bar, index): BarProblem[] => {
    const previous = bars[index]!.eventTime.getTime();
    const time = bar.eventTime.getTime();
    const shown = Number.isNaN(time) ? 'an invalid time' : bar.eventTime.toISOString();
    if (time > previous) return [];
    const message =
      time === previous ? `duplicate of the row before: ${shown}` : `not sorted: ${shown} is before the row above`;
    return [{ row: rowOf(index + 1), column: 'time', message }];
  });
}
