import type { Agent } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { computeInputs } from '@tidemark/native';

/** Bars among which the first with a value of every feature must lie: no feature looks back further. */
const WARM_UP_BARS = 400;

/**
 * The agent's features of every bar from the first on which all of them have a value. Follows snapshots of one series:
 * new bars are added, and after a bar that was restated or came late the rows from it on are computed anew.
 */
export class FeatureMatrix {
  private bars: Float64Array = new Float64Array(0);
  private first: number | undefined;
  private readonly scalars: string;
  private readonly windows: string;

  constructor(
    private readonly features: readonly string[],
    label: Agent['label'],
  ) {
    const named = (kind: object): object[] => features.map((name) => ({ ...kind, name, column: name }));
    this.scalars = JSON.stringify({ inputs: named({ kind: 'column' }), label });
    this.windows = JSON.stringify({ inputs: named({ kind: 'window', length: 1 }), label });
  }

  /** Bar of row 0; undefined while some feature has no value on any bar. */
  get firstBar(): number | undefined {
    return this.first;
  }

  /**
   * Takes the bars up to and including `bar`. Returns the rows that are new or changed and where they begin: the caller
   * drops its own from there on.
   */
  follow(snapshot: SeriesSnapshot, bar: number): { readonly from: number; readonly rows: Float64Array } {
    const bars = snapshot.bars.subarray(0, (bar + 1) * BAR_WIDTH);
    const same = commonBars(this.bars, bars);
    this.bars = bars;
    if (this.first === undefined || same <= this.first) this.first = this.findFirst(bars);
    if (this.first === undefined) return { from: 0, rows: new Float64Array(0) };
    const from = Math.max(this.first, same);
    return { from: from - this.first, rows: computeInputs(this.scalars, bars, from, bar + 1) };
  }

  /** A window of one bar is NaN where the scalar would be refused. */
  private findFirst(bars: Float64Array): number | undefined {
    const count = Math.min(bars.length / BAR_WIDTH, WARM_UP_BARS);
    const rows = computeInputs(this.windows, bars, 0, count);
    const width = this.features.length;
    for (let bar = 0; bar < count; bar += 1) {
      if (rows.subarray(bar * width, (bar + 1) * width).every(Number.isFinite)) return bar;
    }
    return undefined;
  }
}

/** Bars at the front that two matrices have in common, bit for bit. */
function commonBars(before: Float64Array, after: Float64Array): number {
  const shared = Math.min(before.length, after.length);
  if (before.buffer === after.buffer && before.byteOffset === after.byteOffset) return shared / BAR_WIDTH;
  for (let index = 0; index < shared; index += 1) {
    if (before[index] !== after[index]) return Math.floor(index / BAR_WIDTH);
  }
  return shared / BAR_WIDTH;
}
