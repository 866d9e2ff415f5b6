import { describe, expect, it } from '@jest/globals';
import { scheduleSchema } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { WARM_UP_BARS, replaySpan } from './replay-span.js';

const DAY_MS = 86_400_000;
const schedule = scheduleSchema.parse({});
const now = new Date('2020-01-01T00:00:00Z');
const START = Date.UTC(2003, 0, 1);
const day = (row: number): Date => new Date(START + row * DAY_MS);

/** One bar a day from 2003-01-01 on, known a day and `lateHours` later. */
function snapshot(rows: number, lateHours = 0): SeriesSnapshot {
  const bars = new Float64Array(rows * BAR_WIDTH);
  for (let row = 0; row < rows; row += 1) bars[row * BAR_WIDTH] = day(row).getTime();
  const knownAt = Float64Array.from({ length: rows }, (_, row) => day(row + 1).getTime() + lateHours * 3_600_000);
  const last = { lastEventTime: day(rows - 1), lastKnownAt: new Date(knownAt.at(-1)!) };
  return { series: 'test', rows, bars, knownAt, firstKnownAt: knownAt, ...last };
}

describe('replaySpan', () => {
  it('begins where it is told and ends where the last bar is observed and decided about', () => {
    const span = replaySpan({ snapshot: snapshot(500, 1), schedule, from: '2004-01-01', now });
    expect(span).toMatchObject({
      warmUp: new Date('2003-12-31T00:00:00Z'),
      first: new Date('2004-01-01T00:00:00Z'),
      last: day(499),
      begin: new Date('2004-01-02T01:00:00Z'),
      until: new Date(day(501).getTime() + 2 * 3_600_000),
    });
    expect(span.knownAt).toHaveLength(500 - 365);
  });

  it('leaves enough bars for a warm-up, and ends with the day it is told', () => {
    const early = replaySpan({ snapshot: snapshot(500), schedule, from: '2003-01-01', now });
    expect(early.first).toEqual(day(WARM_UP_BARS - 1));
    expect(replaySpan({ snapshot: snapshot(500), schedule, now })).toEqual(early);
    const cut = replaySpan({ snapshot: snapshot(500), schedule, from: '2004-01-10', to: '2004-01-19', now });
    expect([cut.first, cut.last, cut.knownAt.length]).toEqual([
      new Date('2004-01-10T00:00:00Z'),
      new Date('2004-01-19T00:00:00Z'),
      10,
    ]);
  });

  it('never runs into the future', () => {
    const at = new Date(day(500).getTime() + 3_600_000);
    expect(replaySpan({ snapshot: snapshot(500, 1), schedule, now: at }).until).toEqual(at);
  });

  it('sees a bar that came late after the one it came after', () => {
    const late = snapshot(500);
    const knownAt = Float64Array.from(late.firstKnownAt);
    knownAt[400] = knownAt[402]!;
    const { knownAt: seen, begin } = replaySpan({ snapshot: { ...late, firstKnownAt: knownAt }, schedule, now });
    expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
    expect(begin.getTime()).toBe(seen[0]);
  });

  it('refuses a span without a bar', () => {
    expect(() => replaySpan({ snapshot: snapshot(259), schedule, from: '2003-01-01', now })).toThrow(
      expect.objectContaining({ code: 'REPLAY_EMPTY' }),
    );
  });
});
