import type { DriftConvention } from '@tidemark/contracts';
import { driftMatrix } from '@tidemark/native';
import { pastRows, windowsAt, type WindowPair, type WindowSizes } from './drift-windows.js';

/** Statistics of one row: all of column 0, then of column 1, and so on; NaN where one has no value. */
type Scores = Float64Array;

/** One statistic of one column at a row, and the values it had at the past rows of the same phase. */
export interface ScoreInContext {
  readonly value: number | undefined;
  readonly past: readonly number[];
}

/**
 * Rows of a series that grows, and the drift statistics at any of them. A statistic is a function of the rows up to its
 * own, so each is computed once, when it is first asked for, and again only after an earlier row has changed.
 */
export class DriftHistory {
  private values = new Float64Array(0);
  private count = 0;
  private readonly scores = new Map<number, Scores>();

  constructor(
    private readonly columns: number,
    private readonly sizes: WindowSizes,
    private readonly statistics: readonly DriftConvention[],
  ) {}

  get rows(): number {
    return this.count;
  }

  /** Adds whole rows, row-major. */
  append(rows: Float64Array): void {
    const used = this.count * this.columns;
    if (used + rows.length > this.values.length) {
      const grown = new Float64Array(2 * (used + rows.length));
      grown.set(this.values.subarray(0, used));
      this.values = grown;
    }
    this.values.set(rows, used);
    this.count += rows.length / this.columns;
  }

  /** Forgets rows from `count` on and everything computed from them. */
  truncate(count: number): void {
    this.count = Math.min(this.count, Math.max(0, count));
    for (const row of this.scores.keys()) if (row >= this.count) this.scores.delete(row);
  }

  windowsAt(row: number): WindowPair | undefined {
    return windowsAt(row, this.sizes);
  }

  /** Statistics of every column at `row`, in the order of columns, then statistics; undefined before the first pair. */
  at(row: number): ScoreInContext[][] | undefined {
    const windows = this.windowsAt(row);
    if (windows === undefined) return undefined;
    const now = this.scoresAt(row, windows);
    const before = pastRows(row, this.sizes).map((past) => this.scoresAt(past, this.windowsAt(past)!));
    return Array.from({ length: this.columns }, (_, column) =>
      this.statistics.map((_name, statistic) => {
        const index = column * this.statistics.length + statistic;
        const value = now[index]!;
        return {
          value: Number.isNaN(value) ? undefined : value,
          past: before.map((scores) => scores[index]!).filter((past) => !Number.isNaN(past)),
        };
      }),
    );
  }

  private scoresAt(row: number, windows: WindowPair): Scores {
    const known = this.scores.get(row);
    if (known !== undefined) return known;
    const { scores } = driftMatrix(this.values.subarray(0, this.count * this.columns), {
      ...windows,
      columns: this.columns,
      conventions: this.statistics,
      withP: false,
    });
    const computed = Float64Array.from(scores, ({ status, value }) => (status === 'ok' ? (value ?? NaN) : NaN));
    this.scores.set(row, computed);
    return computed;
  }
}
