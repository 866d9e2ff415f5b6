import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';

/** Rows [first, end) of the bars with event time in [from, to) whose label has matured in this snapshot. */
export function rowRange(
  snapshot: SeriesSnapshot,
  labels: { readonly endIndex: Int32Array },
  from: Date,
  to: Date,
): [number, number] {
  const time = (row: number): number => snapshot.bars[row * BAR_WIDTH]!;
  let first = 0;
  while (first < snapshot.rows && time(first) < from.getTime()) first += 1;
  let end = first;
  while (end < snapshot.rows && time(end) < to.getTime() && labels.endIndex[end]! >= 0) end += 1;
  return [first, end];
}
