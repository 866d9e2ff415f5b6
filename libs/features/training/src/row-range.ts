import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';

/** The first row with event time at or after `from`; the number of rows if there is none. */
export function firstRowFrom(snapshot: SeriesSnapshot, from: Date): number {
  let row = 0;
  while (row < snapshot.rows && snapshot.bars[row * BAR_WIDTH]! < from.getTime()) row += 1;
  return row;
}

/** Rows [first, end) of the bars with event time in [from, to). */
export function eventRows(snapshot: SeriesSnapshot, from: Date, to: Date): [number, number] {
  return [firstRowFrom(snapshot, from), firstRowFrom(snapshot, to)];
}

/** Those of {@link eventRows} whose label has matured in this snapshot. */
export function rowRange(
  snapshot: SeriesSnapshot,
  labels: { readonly endIndex: Int32Array },
  from: Date,
  to: Date,
): [number, number] {
  const [first, last] = eventRows(snapshot, from, to);
  let end = first;
  while (end < last && labels.endIndex[end]! >= 0) end += 1;
  return [first, end];
}
