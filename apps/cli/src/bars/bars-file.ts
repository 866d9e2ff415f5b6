import { readFile } from 'node:fs/promises';
import { barInputSchema, type BarInput } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { parse } from 'csv-parse/sync';

const COLUMNS = ['date', 'open', 'high', 'low', 'close', 'volume'] as const;
type Column = (typeof COLUMNS)[number];

/** Rows are counted as an editor shows them: the header is row 1. */
const FIRST_ROW = 2;
/** Problems an error lists; it always says how many there are. */
const LISTED = 20;

interface Problem {
  readonly row: number;
  readonly column: Column;
  readonly message: string;
}

/** Reads and checks a CSV file of bars. Nothing is sent when anything in it is wrong. */
export async function readBarsFile(file: string): Promise<BarInput[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw callerError('BARS_FILE_UNREADABLE', `Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  });
  return parseBars(text, file);
}

/**
 * Bars of a CSV text with a header line; columns may stand in any order and others beside them.
 * @throws BARS_FILE_INVALID, BARS_COLUMNS_MISSING, BARS_INVALID with the row and column of every mistake.
 */
export function parseBars(text: string, origin: string): BarInput[] {
  const [header = [], ...rows] = parseTable(text, origin);
  const missing = COLUMNS.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const found = header.length === 0 ? 'it is empty' : `it has ${header.join(', ')}`;
    throw callerError('BARS_COLUMNS_MISSING', `${origin}: row 1 lacks ${missing.join(', ')}; ${found}.`);
  }
  const problems: Problem[] = [];
  const bars = rows.map((cells, index) => {
    const { bar, mistakes } = parseRow(header, cells, index + FIRST_ROW);
    problems.push(...mistakes);
    return bar;
  });
  if (rows.length === 0) problems.push({ row: FIRST_ROW, column: 'date', message: 'expected at least one bar' });
  if (problems.length === 0) problems.push(...orderMistakes(bars));
  if (problems.length > 0) throw invalid(origin, problems);
  return bars;
}

function parseTable(text: string, origin: string): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw callerError('BARS_FILE_INVALID', `${origin}: not a readable CSV file: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parseRow(
  header: readonly string[],
  cells: readonly string[],
  row: number,
): { bar: BarInput; mistakes: Problem[] } {
  const cell = (column: Column): string => cells[header.indexOf(column)] ?? '';
  const number = (column: Column): number => (cell(column) === '' ? Number.NaN : Number(cell(column)));
  const bar: BarInput = {
    time: cell('date'),
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    volume: number('volume'),
  };
  const parsed = barInputSchema.safeParse(bar);
  if (parsed.success) return { bar, mistakes: rangeMistakes(bar, row) };
  const mistakes = parsed.error.issues.map(({ path }): Problem => {
    const column = path[0] === 'time' ? 'date' : (path[0] as Column);
    return { row, column, message: `expected ${expectation(column)}, got "${cell(column)}"` };
  });
  return { bar, mistakes };
}

function expectation(column: Column): string {
  if (column === 'date') return 'a date (YYYY-MM-DD) or an ISO-8601 instant with offset';
  return column === 'volume' ? 'a number of at least 0' : 'a positive number';
}

function rangeMistakes({ high, low, close }: BarInput, row: number): Problem[] {
  if (low > high) return [{ row, column: 'low', message: `low ${low} is above high ${high}` }];
  if (close >= low && close <= high) return [];
  return [{ row, column: 'close', message: `close ${close} is outside low ${low} to high ${high}` }];
}

function orderMistakes(bars: readonly BarInput[]): Problem[] {
  return bars.slice(1).flatMap((bar, index): Problem[] => {
    const previous = bars[index]!.time;
    const step = Date.parse(bar.time) - Date.parse(previous);
    if (step > 0) return [];
    const message =
      step === 0 ? `${bar.time} stands in the row above too` : `${bar.time} is before ${previous} in the row above`;
    return [{ row: index + 1 + FIRST_ROW, column: 'date', message }];
  });
}

function invalid(origin: string, problems: readonly Problem[]): Error {
  const listed = problems
    .slice(0, LISTED)
    .map(({ row, column, message }) => `  row ${row}, column ${column}: ${message}`);
  const more = problems.length > LISTED ? [`  and ${problems.length - LISTED} more`] : [];
  return callerError(
    'BARS_INVALID',
    [`${origin} has ${problems.length} mistake(s); nothing was sent:`, ...listed, ...more].join('\n'),
    { details: { count: problems.length, problems: problems.slice(0, LISTED) } },
  );
}
