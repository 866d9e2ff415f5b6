import { createHash } from 'node:crypto';
import type { NumberedBar } from './bar.repository.js';

/** Numbers per bar in a snapshot: event time (epoch ms), open, high, low, close, volume. */
export const BAR_WIDTH = 6;

/** A series as known at one instant: row-major bars by event time. Never modified. */
export interface SeriesSnapshot {
  readonly series: string;
  readonly rows: number;
  /** `rows` × {@link BAR_WIDTH}. */
  readonly bars: Float64Array;
  /** Known-at of each row, epoch ms. */
  readonly knownAt: Float64Array;
  /** When each bar first became known, epoch ms: before `knownAt` where it was restated since. */
  readonly firstKnownAt: Float64Array;
  readonly lastEventTime: Date | undefined;
  /** When the last bar became known. */
  readonly lastKnownAt: Date | undefined;
}

/** SHA-256 of the snapshot's canonical bytes (little-endian f64, row-major): the data hash of everything made from it. */
export function snapshotHash(snapshot: SeriesSnapshot): string {
  const { buffer, byteOffset, byteLength } = snapshot.bars;
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

/**
 * All rows of a series, restatements included, kept in the order of event time, then known-at. Answers "as known at"
 * for any instant from memory. While no row is restated and known-at rises with event time, an answer is a prefix of
 * one shared array; otherwise it is put together row by row.
 */
export class SeriesHistory {
  private rows: NumberedBar[] = [];
  private watermark = 0;
  private packed: Float64Array = new Float64Array(0);
  private packedKnownAt: Float64Array = new Float64Array(0);
  private isPrefixOrdered = true;
  private lastKnownAt = Number.NEGATIVE_INFINITY;
  /** The answer once everything is known: what live predictions ask for again and again. */
  private complete: SeriesSnapshot | undefined;

  constructor(private readonly series: string) {}

  get lastRowId(): number {
    return this.watermark;
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  add(rows: readonly NumberedBar[]): void {
    const added = rows.filter((row) => row.rowId > this.watermark);
    if (added.length === 0) return;
    this.watermark = added.at(-1)!.rowId;
    this.rows = [...this.rows, ...added].sort(
      (a, b) => a.eventTime.getTime() - b.eventTime.getTime() || a.knownAt.getTime() - b.knownAt.getTime(),
    );
    this.packed = pack(this.rows);
    this.packedKnownAt = knownAtOf(this.rows);
    this.isPrefixOrdered = this.rows.every((row, index) => {
      const previous = this.rows[index - 1];
      return previous === undefined || (row.eventTime > previous.eventTime && row.knownAt >= previous.knownAt);
    });
    this.lastKnownAt = this.packedKnownAt.reduce((latest, knownAt) => Math.max(latest, knownAt), this.lastKnownAt);
    this.complete = undefined;
  }

  /** The series as known at `asOf` (rows with known-at up to and including it). */
  asOf(asOf: Date): SeriesSnapshot {
    const limit = asOf.getTime();
    if (this.isPrefixOrdered) {
      const count = upperBound(this.packedKnownAt, limit);
      return this.snapshot(this.packed.subarray(0, count * BAR_WIDTH), this.packedKnownAt.subarray(0, count));
    }
    if (limit < this.lastKnownAt) return this.selection(limit);
    this.complete ??= this.selection(limit);
    return this.complete;
  }

  private selection(limit: number): SeriesSnapshot {
    const known = this.rows.filter((row) => row.knownAt.getTime() <= limit);
    const latest = known.filter((row, index) => known[index + 1]?.eventTime.getTime() !== row.eventTime.getTime());
    const first = known.filter((row, index) => known[index - 1]?.eventTime.getTime() !== row.eventTime.getTime());
    return this.snapshot(pack(latest), knownAtOf(latest), knownAtOf(first));
  }

  private snapshot(bars: Float64Array, knownAt: Float64Array, firstKnownAt = knownAt): SeriesSnapshot {
    const rows = knownAt.length;
    return {
      series: this.series,
      rows,
      bars,
      knownAt,
      firstKnownAt,
      lastEventTime: rows > 0 ? new Date(bars[(rows - 1) * BAR_WIDTH]!) : undefined,
      lastKnownAt: rows > 0 ? new Date(knownAt[rows - 1]!) : undefined,
    };
  }
}

function knownAtOf(rows: readonly NumberedBar[]): Float64Array {
  return Float64Array.from(rows, (row) => row.knownAt.getTime());
}

function pack(rows: readonly NumberedBar[]): Float64Array {
  const packed = new Float64Array(rows.length * BAR_WIDTH);
  rows.forEach((row, index) => {
    packed.set([row.eventTime.getTime(), row.open, row.high, row.low, row.close, row.volume], index * BAR_WIDTH);
  });
  return packed;
}

/** Index of the first element above `value` in a rising array. */
function upperBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
