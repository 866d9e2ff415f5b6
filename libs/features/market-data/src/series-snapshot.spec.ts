import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NumberedBar } from './bar.repository.js';
import { BAR_WIDTH, SeriesHistory, snapshotHash } from './series-snapshot.js';

const DAY = 86_400_000;
const START = Date.parse('2020-01-01T00:00:00Z');

const bar = (rowId: number, day: number, knownDay: number, close = 100 + day): NumberedBar => ({
  rowId,
  eventTime: new Date(START + day * DAY),
  knownAt: new Date(START + knownDay * DAY),
  open: close,
  high: close + 1,
  low: close - 1,
  close,
  volume: rowId,
});
const historyOf = (...bars: NumberedBar[]): SeriesHistory => {
  const history = new SeriesHistory('s');
  history.add(bars);
  return history;
};
const closesAt = (history: SeriesHistory, day: number): number[] => {
  const { bars, rows } = history.asOf(new Date(START + day * DAY));
  return Array.from({ length: rows }, (_, row) => bars[row * BAR_WIDTH + 4]!);
};

/** The definition: for each event time the row with the greatest known-at up to the instant. */
const expected = (bars: readonly NumberedBar[], day: number): number[] => {
  const limit = START + day * DAY;
  const known = bars.filter(({ knownAt }) => knownAt.getTime() <= limit);
  const times = [...new Set(known.map(({ eventTime }) => eventTime.getTime()))].sort((a, b) => a - b);
  return times.map((time) => {
    const revisions = known.filter(({ eventTime }) => eventTime.getTime() === time);
    return revisions.reduce((latest, next) => (next.knownAt > latest.knownAt ? next : latest)).close;
  });
};

describe('SeriesHistory', () => {
  it('answers as of any instant with what was known, the instant included', () => {
    const history = historyOf(bar(1, 0, 1), bar(2, 1, 2), bar(3, 2, 3));
    expect(closesAt(history, 0.99)).toEqual([]);
    expect(closesAt(history, 2)).toEqual([100, 101]);
    expect(closesAt(history, 99)).toEqual([100, 101, 102]);
    const { lastEventTime, lastKnownAt } = history.asOf(new Date(START + 2.5 * DAY));
    expect([lastEventTime, lastKnownAt]).toEqual([new Date(START + DAY), new Date(START + 2 * DAY)]);
  });

  it('shows a restatement from its own instant on, and the old row before', () => {
    const history = historyOf(bar(1, 0, 1), bar(2, 1, 2), bar(3, 0, 5, 90));
    expect(closesAt(history, 4)).toEqual([100, 101]);
    expect(closesAt(history, 5)).toEqual([90, 101]);
  });

  it('does not let a late bar into the past', () => {
    const history = historyOf(bar(1, 0, 1), bar(2, 2, 3), bar(3, 1, 10));
    expect(closesAt(history, 9)).toEqual([100, 102]);
    expect(closesAt(history, 10)).toEqual([100, 101, 102]);
  });

  it('takes rows it has already once', () => {
    const history = historyOf(bar(1, 0, 1));
    history.add([bar(1, 0, 1), bar(2, 1, 2)]);
    expect([closesAt(history, 9), history.lastRowId]).toEqual([[100, 101], 2]);
  });

  it('agrees with the definition for any history, added in any parts', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(12)), { maxLength: 20, selector: ([a, b]) => a * 100 + b });
    fc.assert(
      fc.property(rows, fc.nat(20), fc.nat(13), (pairs, cut, day) => {
        const bars = pairs.map(([event, known], index) => bar(index + 1, event, event + known, 50 + index));
        const history = historyOf(...bars.slice(0, cut));
        closesAt(history, day);
        history.add(bars.slice(cut));
        expect(closesAt(history, day)).toEqual(expected(bars, day));
        expect(closesAt(history, 99)).toEqual(expected(bars, 99));
      }),
      { seed: 7 },
    );
  });

  it('has a hash that follows the numbers, not the way they came in', () => {
    const direct = historyOf(bar(1, 0, 1), bar(2, 1, 2)).asOf(new Date(START + 9 * DAY));
    const restated = historyOf(bar(1, 0, 1, 77), bar(2, 1, 2), { ...bar(3, 0, 5), volume: 1 });
    expect(snapshotHash(restated.asOf(new Date(START + 9 * DAY)))).toBe(snapshotHash(direct));
    expect(snapshotHash(restated.asOf(new Date(START + 4 * DAY)))).not.toBe(snapshotHash(direct));
  });
});
