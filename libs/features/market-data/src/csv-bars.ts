import { parse } from 'csv-parse/sync';
import { callerError } from '@tidemark/kernel';
import type { Agent } from '@tidemark/contracts';
import { barsInvalid, orderProblems, priceProblems, type BarProblem } from './bar-problems.js';
import type { Bar } from './bar.js';

export type ColumnMapping = Agent['source']['columns'];

/** The header is row 1 of a file, so the first bar is row 2. */
const FIRST_ROW = 2;

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Bars of a CSV file with a header line.
 * @throws BARS_COLUMNS_MISSING when a mapped column is absent, BARS_INVALID with every row and column that is wrong.
 */
export function parseCsvBars(text: string, columns: ColumnMapping, origin: string): Bar[] {
  const [header, ...rows] = parseTable(text, origin);
  const indexOf = columnIndexes(header ?? [], columns, origin);
  const problems: BarProblem[] = [];
  const bars = rows.map((cells, index) => {
    const row = index + FIRST_ROW;
    const bar = toBar(cells, indexOf, columns, row, problems);
    if (problems.at(-1)?.row !== row) problems.push(...priceProblems(bar, row));
    return bar;
  });
  problems.push(...orderProblems(bars, (index) => index + FIRST_ROW));
  if (bars.length === 0)
    problems.push({ row: FIRST_ROW, column: columns.time, message: 'expected at least one bar, got none' });
  if (problems.length > 0)
    throw barsInvalid(
      origin,
      [...problems].sort((a, b) => a.row - b.row),
    );
  return bars;
}

function parseTable(text: string, origin: string): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, trim: true }) as string[][];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw callerError('BARS_FILE_INVALID', `${origin}: not a readable CSV file: ${message}`, { cause: error });
  }
}

type Indexes = Record<keyof ColumnMapping, number>;

function columnIndexes(header: readonly string[], columns: ColumnMapping, origin: string): Indexes {
  const keys = Object.keys(columns) as (keyof ColumnMapping)[];
  const missing = keys.filter((key) => !header.includes(columns[key])).map((key) => columns[key]);
  if (missing.length > 0) {
    throw callerError(
      'BARS_COLUMNS_MISSING',
      `${origin}: row 1 lacks ${missing.join(', ')}; it has ${header.join(', ')}.`,
      {
        details: { missing, header },
      },
    );
  }
  return Object.fromEntries(keys.map((key) => [key, header.indexOf(columns[key])])) as Indexes;
}

function toBar(
  cells: readonly string[],
  indexOf: Indexes,
  columns: ColumnMapping,
  row: number,
  problems: BarProblem[],
): Bar {
  const number = (key: keyof ColumnMapping): number => {
    const cell = cells[indexOf[key]] ?? '';
    const value = cell === '' ? Number.NaN : Number(cell);
    if (!Number.isFinite(value))
      problems.push({ row, column: columns[key], message: `expected a number, got "${cell}"` });
    return value;
  };
  const eventTime = parseTime(cells[indexOf.time] ?? '');
  if (eventTime === undefined) {
    const message = `expected a date (YYYY-MM-DD) or an ISO-8601 instant with offset, got "${cells[indexOf.time] ?? ''}"`;
    problems.push({ row, column: columns.time, message });
  }
  return {
    eventTime: eventTime ?? new Date(Number.NaN),
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    volume: number('volume'),
  };
}

/** A date means 00:00 UTC; an instant needs its offset, so that a file never depends on the machine's time zone. */
export function parseTime(text: string): Date | undefined {
  const withOffset = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/;
  if (!DATE.test(text) && !withOffset.test(text)) return undefined;
  const time = new Date(DATE.test(text) ? `${text}T00:00:00Z` : text);
  const isReal = !Number.isNaN(time.getTime()) && (!DATE.test(text) || time.toISOString().startsWith(text));
  return isReal ? time : undefined;
}
