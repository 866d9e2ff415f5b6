import { parse } from 'csv-parse/sync';
import { callerError } from '@tidemark/kernel';
import type { Agent } from '@tidemark/contracts';
import { barsInvalid, orderProblems, priceProblems, type BarProblem } from './bar-problems.js';
import type { Bar } from './bar.js';

export type ColumnMapping = Agent['source']['columns'];

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Decimal notation, as files have it: not the hexadecimal and blank texts that Number() takes as well. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** One line of the table and its number in the file. */
interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Bars of a CSV file with a header line. Rows are numbered by their line in the file: the header is row 1.
 * @throws BARS_COLUMNS_MISSING when a mapped column is absent, BARS_INVALID with every row and column that is wrong,
 *   BARS_FILE_INVALID when it is no table at all.
 */
export function parseCsvBars(text: string, columns: ColumnMapping, origin: string): Bar[] {
  const [header, ...rows] = parseTable(text, origin);
  if (header === undefined) throw fileInvalid(origin, 'the file is empty');
  const indexOf = columnIndexes(header.cells, columns, origin);
  const problems: BarProblem[] = [];
  const bars = rows.map((row) => {
    const found = rowProblems(row, header.cells.length, indexOf, columns);
    const bar = toBar(row.cells, indexOf);
    problems.push(...(found.length > 0 ? found : priceProblems(bar, row.line)));
    return bar;
  });
  problems.push(...orderProblems(bars, (index) => rows[index]!.line, columns.time));
  if (bars.length === 0) {
    problems.push({ row: header.line + 1, column: columns.time, message: 'expected at least one bar, got none' });
  }
  if (problems.length > 0)
    throw barsInvalid(
      origin,
      [...problems].sort((a, b) => a.row - b.row),
    );
  return bars;
}

function parseTable(text: string, origin: string): Row[] {
  const options = { bom: true, skip_empty_lines: true, trim: true, relax_column_count: true, info: true };
  try {
    const records = parse(text, options) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    throw fileInvalid(origin, error instanceof Error ? error.message : String(error), error);
  }
}

function fileInvalid(origin: string, why: string, cause?: unknown): Error {
  return callerError('BARS_FILE_INVALID', `${origin}: not a readable CSV file: ${why}. Nothing was stored.`, { cause });
}

type Indexes = Record<keyof ColumnMapping, number>;

function columnIndexes(header: readonly string[], columns: ColumnMapping, origin: string): Indexes {
  const keys = Object.keys(columns) as (keyof ColumnMapping)[];
  const missing = keys.filter((key) => !header.includes(columns[key])).map((key) => columns[key]);
  if (missing.length > 0) {
    const message = `${origin}: row 1 lacks ${missing.join(', ')}; it has ${header.join(', ')}. Nothing was stored.`;
    throw callerError('BARS_COLUMNS_MISSING', message, { details: { missing, header } });
  }
  return Object.fromEntries(keys.map((key) => [key, header.indexOf(columns[key])])) as Indexes;
}

/** Cells of a row that cannot be read. */
function rowProblems({ line, cells }: Row, width: number, indexOf: Indexes, columns: ColumnMapping): BarProblem[] {
  if (cells.length !== width) {
    return [
      { row: line, column: columns.time, message: `expected ${width} cells like the header, got ${cells.length}` },
    ];
  }
  return (Object.keys(columns) as (keyof ColumnMapping)[]).flatMap((key) => {
    const cell = cells[indexOf[key]] ?? '';
    if (key === 'time' ? parseTime(cell) !== undefined : NUMBER.test(cell)) return [];
    const expected = key === 'time' ? 'a date (YYYY-MM-DD) or an ISO-8601 instant with offset' : 'a number';
    return [{ row: line, column: columns[key], message: `expected ${expected}, got "${cell}"` }];
  });
}

function toBar(cells: readonly string[], indexOf: Indexes): Bar {
  const number = (key: keyof ColumnMapping): number => Number(cells[indexOf[key]]);
  return {
    eventTime: parseTime(cells[indexOf.time] ?? '') ?? new Date(Number.NaN),
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
