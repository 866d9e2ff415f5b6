import { describe, expect, it } from '@jest/globals';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { SMALL_VALIDATION, buildAgent } from '@tidemark/testing';
import { barsBeforeReplay } from '@tidemark/training/read';
import { replaySpan } from './replay-span.js';

const DAY_MS = 86_400_000;
const agent = buildAgent({ features: ['ret_1'], validation: SMALL_VALIDATION });
/** Bars that its baseline takes. */
const NEEDED = barsBeforeReplay(agent);
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
    const span = replaySpan({ snapshot: snapshot(500, 1), agent, from: '2004-02-01', now });
    expect(span).toMatchObject({
      warmUp: new Date('2004-01-31T00:00:00Z'),
      first: new Date('2004-02-01T00:00:00Z'),
      last: day(499),
      begin: new Date('2004-02-02T01:00:00Z'),
      until: new Date(day(501).getTime() + 2 * 3_600_000),
    });
    expect(span.knownAt).toHaveLength(500 - 396);
  });

  it('begins by default on the earliest day that the baseline can be fitted, and ends with the day it is told', () => {
    const earliest = replaySpan({ snapshot: snapshot(500), agent, now });
    expect(earliest.first).toEqual(day(NEEDED));
    const cut = replaySpan({ snapshot: snapshot(500), agent, from: '2004-01-20', to: '2004-01-29', now });
    expect([cut.first, cut.last, cut.knownAt.length]).toEqual([
      new Date('2004-01-20T00:00:00Z'),
      new Date('2004-01-29T00:00:00Z'),
      10,
    ]);
  });

  it('goes by the agent’s file where it is not told', () => {
    const own = { ...agent, replay: { from: '2004-02-01', to: '2004-02-03' } };
    expect(replaySpan({ snapshot: snapshot(500), agent: own, now })).toMatchObject({
      first: new Date('2004-02-01T00:00:00Z'),
      last: new Date('2004-02-03T00:00:00Z'),
    });
  });

  it('refuses a day before the earliest, and names that', () => {
    const from = day(NEEDED - 1)
      .toISOString()
      .slice(0, 10);
    const earliest = day(NEEDED).toISOString().slice(0, 10);
    expect(() => replaySpan({ snapshot: snapshot(500), agent, from, now })).toThrow(
      expect.objectContaining({
        code: 'REPLAY_TOO_EARLY',
        details: { agent: agent.agent, from, earliest, needed: NEEDED },
      }),
    );
  });

  it('counts bars by when they became known', () => {
    const late = snapshot(500);
    const firstKnownAt = Float64Array.from(late.firstKnownAt);
    // The first ten bars came in together with the hundredth that may be replayed.
    firstKnownAt.fill(firstKnownAt[NEEDED + 100]!, 0, 10);
    expect(replaySpan({ snapshot: { ...late, firstKnownAt }, agent, now }).first).toEqual(day(NEEDED + 10));
    firstKnownAt.fill(firstKnownAt[499]!);
    expect(() => replaySpan({ snapshot: { ...late, firstKnownAt }, agent, now })).toThrow(
      expect.objectContaining({ code: 'REPLAY_EMPTY' }),
    );
  });

  it('never runs into the future', () => {
    const at = new Date(day(500).getTime() + 3_600_000);
    expect(replaySpan({ snapshot: snapshot(500, 1), agent, now: at }).until).toEqual(at);
  });

  it('sees a bar that came late after the one it came after', () => {
    const late = snapshot(500);
    const knownAt = Float64Array.from(late.firstKnownAt);
    knownAt[400] = knownAt[402]!;
    const { knownAt: seen, begin } = replaySpan({ snapshot: { ...late, firstKnownAt: knownAt }, agent, now });
    expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
    expect(begin.getTime()).toBe(seen[0]);
  });

  it('refuses a span without a bar', () => {
    expect(() => replaySpan({ snapshot: snapshot(NEEDED), agent, from: '2003-01-01', now })).toThrow(
      expect.objectContaining({ code: 'REPLAY_EMPTY' }),
    );
  });
});
