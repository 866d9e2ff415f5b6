/** A bar as ingested: event time and prices, not yet stamped with known-at. */
export interface Bar {
  readonly eventTime: Date;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A stored bar: one row per (event time, known-at); a restatement is a further row. */
export interface StoredBar extends Bar {
  readonly knownAt: Date;
}

export function samePrices(a: Bar, b: Bar): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
}

/** Longest distance between neighbouring bars, in days, that passes without a warning when no calendar is given. */
export const MAX_GAP_DAYS = 4;

export interface BarWarning {
  readonly code: 'GAPS' | 'OPEN_EQUALS_PREVIOUS_CLOSE';
  readonly message: string;
}

const DAY_MS = 86_400_000;

/** Gaps of more than {@link MAX_GAP_DAYS} days between neighbours, named by their first example. */
export function gapWarning(bars: readonly Bar[]): BarWarning | undefined {
  const gaps = bars.slice(1).flatMap((bar, index) => {
    const previous = bars[index]!;
    const days = (bar.eventTime.getTime() - previous.eventTime.getTime()) / DAY_MS;
    return days > MAX_GAP_DAYS ? [{ from: previous.eventTime, to: bar.eventTime, days }] : [];
  });
  const first = gaps[0];
  if (first === undefined) return undefined;
  const example = `${first.from.toISOString()} to ${first.to.toISOString()} (${first.days} days)`;
  return { code: 'GAPS', message: `${gaps.length} gaps over ${MAX_GAP_DAYS} days; the first: ${example}` };
}

/** Share of bars whose open equals the close before it: a sign that `open` was filled in, not observed. */
export function openEqualsPreviousClose(bars: readonly Bar[]): number | undefined {
  if (bars.length < 2) return undefined;
  const equal = bars.slice(1).filter((bar, index) => bar.open === bars[index]!.close).length;
  return equal / (bars.length - 1);
}

export function warningsFor(bars: readonly Bar[]): BarWarning[] {
  const share = openEqualsPreviousClose(bars);
  const gaps = gapWarning(bars);
  const open: BarWarning[] =
    share !== undefined && share > 0.05
      ? [
          {
            code: 'OPEN_EQUALS_PREVIOUS_CLOSE',
            message: `open equals the previous close on ${(share * 100).toFixed(1)} % of bars: do not fill or measure at the open`,
          },
        ]
      : [];
  return gaps === undefined ? open : [gaps, ...open];
}
