import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';

/** Labels of every bar of a snapshot as the native core gives them; NaN and -1 where a label has not matured. */
export interface LabelColumns {
  readonly value: Float64Array;
  readonly endIndex: Int32Array;
}

/** What the world turned out to be for one event time. A correction of its bars is a further revision. */
export interface OutcomeRow {
  readonly asOf: Date;
  readonly revision: number;
  readonly value: number;
  readonly labelEnd: Date;
  readonly knownAt: Date;
}

/**
 * Outcomes to store: those of `wanted` event times whose label has matured and that are new or differ from the latest
 * stored revision. Pure, so that late, repeated and corrected bars can be tabled in a test.
 */
export function dueOutcomes(
  snapshot: SeriesSnapshot,
  labels: LabelColumns,
  wanted: readonly Date[],
  stored: ReadonlyMap<number, OutcomeRow>,
): OutcomeRow[] {
  const indexOf = new Map<number, number>();
  for (let row = 0; row < snapshot.rows; row += 1) indexOf.set(snapshot.bars[row * BAR_WIDTH]!, row);
  return wanted.flatMap((asOf) => {
    const index = indexOf.get(asOf.getTime());
    const end = index === undefined ? -1 : labels.endIndex[index]!;
    if (index === undefined || end < 0) return [];
    const before = stored.get(asOf.getTime());
    const value = labels.value[index]!;
    const labelEnd = new Date(snapshot.bars[end * BAR_WIDTH]!);
    if (before?.value === value && before.labelEnd.getTime() === labelEnd.getTime()) return [];
    // Horizons count bars, so every bar up to the label's end has a say in it, a late one in between too.
    const knownAt = new Date(Math.max(...snapshot.knownAt.subarray(index, end + 1)));
    // A snapshot from before the last revision's bars: another process has seen more.
    if (before !== undefined && knownAt < before.knownAt) return [];
    return [{ asOf, revision: (before?.revision ?? 0) + 1, value, labelEnd, knownAt }];
  });
}
