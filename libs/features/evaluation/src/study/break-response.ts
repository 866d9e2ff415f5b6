import type { BreakRow } from '@tidemark/contracts';

/** Bars over which losses are averaged, and that a recovery has to last. */
export const BAND_BARS = 63;
/** What is above the band by less is on it. */
const TIE = 1e-12;

export interface BreakQuestion {
  readonly eventTimes: readonly Date[];
  /** Event time of the first bar that follows another law. */
  readonly at: Date;
  /** Loss of what served minus that of the naive baseline, by row; NaN where the label has not matured. */
  readonly excess: Float64Array;
  /** Bars at which these happened, oldest first. */
  readonly lossAlarms: readonly Date[];
  readonly driftAlarms: readonly Date[];
  readonly retrains: readonly Date[];
  /** Version that answered each row. */
  readonly versions: readonly string[];
  readonly baseline: string;
}

/** How many bars after the break the loop noticed, acted, and stopped being harmed. */
export function breakResponse(question: BreakQuestion): Omit<BreakRow, 'world' | 'seed'> {
  const { eventTimes, at, excess, versions, baseline } = question;
  const row = Math.max(
    0,
    eventTimes.findIndex((time) => time >= at),
  );
  const since = (times: readonly Date[], from: Date): number | undefined => {
    const time = times.find((each) => each >= from);
    return time === undefined ? undefined : eventTimes.findIndex((each) => each >= time) - row;
  };
  const served = versions[Math.max(0, row - 1)]!;
  const changed = versions.findIndex((version, place) => place >= row && version !== served);
  const alarm = question.lossAlarms.find((time) => time >= at);
  return {
    at: at.toISOString(),
    servedAtBreak: served,
    wasTrained: served !== baseline,
    barsToAlarm: since(question.lossAlarms, at),
    barsToDriftAlarm: since(question.driftAlarms, at),
    barsToChange: changed < 0 ? undefined : changed - row,
    barsToRetrain: alarm === undefined ? undefined : since(question.retrains, alarm),
    ...recovery(excess, row),
  };
}

/**
 * The band ends at the highest mean excess over 63 bars before the break, or at zero where that is below: whoever is not
 * worse than the baseline is not harmed. A mean that dips into it for a moment is no recovery.
 */
function recovery(excess: Float64Array, row: number): Pick<BreakRow, 'band' | 'barsToHarm' | 'barsToRecovery'> {
  const means = movingMeans(excess);
  const band = means.slice(0, row).reduce((most, mean) => (mean > most ? mean : most), 0);
  const isInside = (mean: number): boolean => mean <= band + TIE;
  const harm = means.findIndex((mean, place) => place >= row && mean > band + TIE);
  if (harm < 0) return { band };
  const back = means.findIndex((_, place) => {
    const stretch = means.subarray(place, place + BAND_BARS);
    return place > harm && stretch.length === BAND_BARS && stretch.every(isInside);
  });
  return { band, barsToHarm: harm - row, barsToRecovery: back < 0 ? undefined : back - row };
}

/** Mean of each row and the 62 before it; NaN where one of them has no loss. */
function movingMeans(values: Float64Array): Float64Array {
  return values.map((_, row) => {
    if (row < BAND_BARS - 1) return Number.NaN;
    return values.subarray(row - BAND_BARS + 1, row + 1).reduce((sum, value) => sum + value, 0) / BAND_BARS;
  });
}
