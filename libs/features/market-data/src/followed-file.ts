import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { callerError, isTidemarkError } from '@tidemark/kernel';
import { futureProblems, type BarProblem } from './bar-problems.js';
import type { Bar } from './bar.js';
import { parseCsvBars, type ColumnMapping } from './csv-bars.js';

/** So many bytes at the front tell whether a file is still the one that was read. The header must fit. */
const HEAD_BYTES = 4_096;
const NEWLINE = 10;

/** How far a file has been read. */
export interface FilePosition {
  readonly bytes: number;
  /** Whole lines read, the header among them. */
  readonly lines: number;
  readonly headBytes: number;
  /** SHA-256 of the first `headBytes` bytes. */
  readonly headSha256: string;
  /** Event time of the last bar read: what follows it in the file is later. */
  readonly lastEventTime?: Date;
}

export const START: FilePosition = { bytes: 0, lines: 0, headBytes: 0, headSha256: '' };

/** Whole lines behind a position. A last line without its end waits. */
export interface Appended {
  readonly header: string;
  readonly lines: readonly Buffer[];
  /** Where the lines begin: behind the header when the file is read from its start. */
  readonly from: FilePosition;
  /** The file is shorter than what was read of it, or begins differently: it is read from its start. */
  readonly isReplaced: boolean;
  readonly head: Buffer;
}

/** @throws SOURCE_FILE_UNREADABLE, BARS_FILE_INVALID */
export async function readAppended(path: string, at: FilePosition): Promise<Appended> {
  const handle = await open(path).catch((error: unknown) => {
    throw callerError('SOURCE_FILE_UNREADABLE', `Cannot read ${path}: ${String(error)}`, { cause: error });
  });
  try {
    return await read(handle, path, at);
  } finally {
    await handle.close();
  }
}

async function read(handle: FileHandle, path: string, at: FilePosition): Promise<Appended> {
  const { size } = await handle.stat();
  const head = await bytes(handle, 0, Math.min(size, HEAD_BYTES));
  const isReplaced = size < at.bytes || (sha256(head.subarray(0, at.headBytes)) !== at.headSha256 && at.bytes > 0);
  const headerEnd = head.indexOf(NEWLINE) + 1;
  if (headerEnd === 0 && size >= HEAD_BYTES) {
    throw callerError('BARS_FILE_INVALID', `${path}: not a readable CSV file: no header within ${HEAD_BYTES} bytes.`);
  }
  const isStart = isReplaced || at.bytes === 0;
  const from = isStart ? positionAt(START, head, headerEnd, headerEnd === 0 ? 0 : 1) : at;
  const fresh = headerEnd === 0 ? Buffer.alloc(0) : await bytes(handle, from.bytes, size - from.bytes);
  return { header: head.toString('utf8', 0, headerEnd), lines: wholeLines(fresh), from, isReplaced, head };
}

/** Lines up to the first that cannot be taken, their bars, and what is wrong with that one. */
export interface TakenLines {
  readonly bars: readonly Bar[];
  readonly position: FilePosition;
  /** Its row is the line's number in the file. */
  readonly problem?: BarProblem;
}

/** @throws BARS_COLUMNS_MISSING when the header lacks a mapped column */
export function takeLines({ header, lines, from, head }: Appended, columns: ColumnMapping, now: Date): TakenLines {
  const taken = checked({ header, lines, columns, now, after: from.lastEventTime });
  const { bars, count, problem } = taken;
  const size = lines.slice(0, count).reduce((sum, line) => sum + line.length, 0);
  const last = bars.at(-1)?.eventTime ?? from.lastEventTime;
  const position = { ...positionAt(from, head, from.bytes + size, from.lines + count), lastEventTime: last };
  return {
    bars,
    position,
    problem: problem === undefined ? undefined : { ...problem, row: from.lines + problem.row + 1 },
  };
}

interface Unchecked {
  readonly header: string;
  readonly lines: readonly Buffer[];
  readonly columns: ColumnMapping;
  readonly now: Date;
  /** Every bar is later. */
  readonly after: Date | undefined;
}

interface Checked {
  readonly bars: readonly Bar[];
  /** Lines that were taken. */
  readonly count: number;
  /** Its row is the index of the line. */
  readonly problem?: BarProblem;
}

function checked({ header, lines, columns, now, after }: Unchecked): Checked {
  const { bars, count, problem } = parsed(header, lines, columns);
  const indexes = filled(lines.slice(0, count));
  const rowOf = (index: number): number => indexes[index]!;
  const [first] = [...notLater(bars, after, columns.time), ...futureProblems(bars, now, (index) => index)].sort(
    (a, b) => a.row - b.row,
  );
  if (first === undefined) return { bars, count, problem };
  return { bars: bars.slice(0, first.row), count: rowOf(first.row), problem: { ...first, row: rowOf(first.row) } };
}

function notLater(bars: readonly Bar[], after: Date | undefined, column: string): BarProblem[] {
  const first = bars[0]?.eventTime;
  if (first === undefined || after === undefined || first > after) return [];
  const message = `not sorted: ${first.toISOString()} is not after ${after.toISOString()}, which was read before`;
  return [{ row: 0, column, message }];
}

/** Bars of the lines before the first that cannot be parsed. */
function parsed(header: string, lines: readonly Buffer[], columns: ColumnMapping): Checked {
  const problem = firstProblem(header, lines, columns);
  const count = problem === undefined ? lines.length : problem.row;
  return { bars: parse(header, lines.slice(0, count), columns), count, problem };
}

function firstProblem(header: string, lines: readonly Buffer[], columns: ColumnMapping): BarProblem | undefined {
  try {
    parse(header, lines, columns);
    return undefined;
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    const [first] = (error.details['problems'] ?? []) as readonly BarProblem[];
    // The header is row 1, the line behind it row 2.
    if (error.code === 'BARS_INVALID' && first !== undefined) return { ...first, row: first.row - 2 };
    if (error.code !== 'BARS_FILE_INVALID') throw error;
    if (lines.length === 1) return { row: 0, column: columns.time, message: error.message };
  }
  // No table, as with a quote that never ends: the line at fault is the first that is none by itself.
  for (const [index, line] of lines.entries()) {
    const found = firstProblem(header, [line], columns);
    if (found !== undefined) return { ...found, row: index };
  }
  return undefined;
}

function parse(header: string, lines: readonly Buffer[], columns: ColumnMapping): Bar[] {
  if (filled(lines).length === 0) return [];
  return parseCsvBars(header + Buffer.concat(lines).toString('utf8'), columns, 'file');
}

/** Indexes of lines that are not blank. */
function filled(lines: readonly Buffer[]): number[] {
  return lines.flatMap((line, index) => (line.toString('utf8').trim() === '' ? [] : [index]));
}

function wholeLines(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
    lines.push(text.subarray(start, end + 1));
    start = end + 1;
  }
  return lines;
}

function positionAt(from: FilePosition, head: Buffer, size: number, lines: number): FilePosition {
  const headBytes = Math.min(size, head.length);
  return { ...from, bytes: size, lines, headBytes, headSha256: sha256(head.subarray(0, headBytes)) };
}

async function bytes(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filledTo = 0;
  while (filledTo < length) {
    const { bytesRead } = await handle.read(buffer, filledTo, length - filledTo, start + filledTo);
    if (bytesRead === 0) break;
    filledTo += bytesRead;
  }
  return buffer.subarray(0, filledTo);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
