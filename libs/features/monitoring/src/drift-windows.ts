/** Sizes of the windows of one drift monitor, bars. */
export interface WindowSizes {
  readonly windowBars: number;
  readonly referenceBars: number;
}

/** Rows of one pair of windows, half-open. */
export interface WindowPair {
  readonly referenceFrom: number;
  readonly referenceTo: number;
  readonly currentFrom: number;
  readonly currentTo: number;
}

/**
 * The pair of windows of row `t`, undefined while the reference would begin before row 0.
 *
 * Rows count from the first one of the monitored series and form blocks of W = `windowBars` rows. The current window is the
 * newest W rows, (t − W, t]. With the block's start b = ⌊t / W⌋ · W the reference is the `referenceBars` rows that end at
 * row b − W, included: the same for all rows of a block, and disjoint from every current window of it, the first of which
 * begins at row b − W + 1. At phase t − b the windows lie t − b rows apart, in every block.
 */
export function windowsAt(t: number, { windowBars, referenceBars }: WindowSizes): WindowPair | undefined {
  const blockStart = Math.floor(t / windowBars) * windowBars;
  const referenceTo = blockStart - windowBars + 1;
  const referenceFrom = referenceTo - referenceBars;
  if (referenceFrom < 0) return undefined;
  return { referenceFrom, referenceTo, currentFrom: t - windowBars + 1, currentTo: t + 1 };
}

/** Rows before `t` whose pairs have the size and the lag of that of `t`, newest first. */
export function pastRows(t: number, sizes: WindowSizes): number[] {
  const rows: number[] = [];
  for (let row = t - sizes.windowBars; windowsAt(row, sizes) !== undefined; row -= sizes.windowBars) rows.push(row);
  return rows;
}
