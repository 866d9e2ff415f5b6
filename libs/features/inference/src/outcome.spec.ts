import { describe, expect, it } from '@jest/globals';
import { computeLabels } from '@tidemark/native';
import { buildBars, type TestBar } from '@tidemark/testing';
import { dueOutcomes, type OutcomeRow } from './outcome.js';
import { snapshotOf } from './testing/fake-bars.js';

const LABEL = JSON.stringify({ kind: 'forward_return_sign', lag: 1, horizon: 5 });
const BARS = buildBars(30);
const day = (index: number): Date => BARS[index]!.eventTime;

const due = (
  bars: readonly TestBar[],
  wanted: readonly Date[],
  stored: readonly OutcomeRow[] = [],
  knownAt: ReadonlyMap<number, number> = new Map(),
): OutcomeRow[] => {
  const snapshot = snapshotOf('s', bars);
  for (const [row, at] of knownAt) snapshot.knownAt[row] = at;
  const latest = new Map(stored.map((row) => [row.asOf.getTime(), row]));
  return dueOutcomes(snapshot, computeLabels(LABEL, snapshot.bars), wanted, latest);
};

const restated = (index: number, close: number): TestBar[] =>
  BARS.map((bar, at) => (at === index ? { ...bar, close, low: close / 2, high: close * 2 } : bar));

describe('dueOutcomes', () => {
  it('matures a label with its last bar, not before', () => {
    expect(due(BARS.slice(0, 16), [day(10)])).toEqual([]);
    const [outcome] = due(BARS.slice(0, 17), [day(10)]);
    expect(outcome).toEqual({
      asOf: day(10),
      revision: 1,
      value: BARS[16]!.close > BARS[11]!.close ? 1 : 0,
      labelEnd: day(16),
      knownAt: new Date(day(16).getTime() + 86_400_000),
    });
  });

  it('matures late: a prediction logged after its bars', () => {
    expect(due(BARS, [day(3), day(10)]).map(({ asOf }) => asOf)).toEqual([day(3), day(10)]);
  });

  it('adds nothing twice', () => {
    const stored = due(BARS, [day(10)]);
    expect(due(BARS, [day(10)], stored)).toEqual([]);
  });

  it('has nothing for an event time without a bar', () => {
    expect(due(BARS, [new Date('2014-06-01T00:00:00Z'), new Date('2015-01-05T12:00:00Z')])).toEqual([]);
  });

  it('adds a revision when a correction turns the label, known when the correction was', () => {
    const [first] = due(BARS, [day(10)]);
    const flipped = restated(16, first!.value === 1 ? BARS[11]!.close / 2 : BARS[11]!.close * 2);
    const correctedAt = Date.parse('2016-01-01T00:00:00Z');
    const revisions = due(flipped, [day(10)], [first!], new Map([[16, correctedAt]]));
    expect(revisions).toEqual([{ ...first, revision: 2, value: 1 - first!.value, knownAt: new Date(correctedAt) }]);
  });

  it('adds none when a correction leaves the label as it was', () => {
    const stored = due(BARS, [day(10)]);
    const nudged = restated(13, BARS[13]!.close * 1.001);
    expect(due(nudged, [day(10)], stored, new Map([[13, Date.parse('2016-01-01T00:00:00Z')]]))).toEqual([]);
  });

  it('moves the end of the label when a late bar comes in between, known when that bar was', () => {
    const stored = due(
      BARS.filter((_, index) => index !== 13),
      [day(10)],
    );
    expect(stored[0]!.labelEnd).toEqual(day(17));
    const lateAt = Date.parse('2016-01-01T00:00:00Z');
    const [revision] = due(BARS, [day(10)], stored, new Map([[13, lateAt]]));
    expect(revision).toMatchObject({ revision: 2, labelEnd: day(16), knownAt: new Date(lateAt) });
  });

  it('does not go back to what an older snapshot says', () => {
    const [first] = due(BARS, [day(10)]);
    const newer = { ...first!, revision: 2, value: 1 - first!.value, knownAt: new Date('2016-01-01T00:00:00Z') };
    expect(due(BARS, [day(10)], [newer])).toEqual([]);
  });
});
