import { describe, expect, it } from '@jest/globals';
import { startStudySchema } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { buildAgent, buildBars, packBars } from '@tidemark/testing';
import { studyChain, worldTimeline, type StudyPlan } from './study-plan.js';
import { simulate, worldsOf } from './worlds.js';

const DAY_MS = 86_400_000;
const ROWS = 2_000;

function snapshot(): SeriesSnapshot {
  const bars = buildBars(ROWS);
  const knownAt = Float64Array.from(bars, ({ eventTime }) => eventTime.getTime() + DAY_MS);
  const last = { lastEventTime: bars.at(-1)!.eventTime, lastKnownAt: new Date(knownAt.at(-1)!) };
  return { series: 'test', rows: ROWS, bars: packBars(bars), knownAt, firstKnownAt: knownAt, ...last };
}

function plan(overrides: Partial<StudyPlan> = {}): StudyPlan {
  const { sizes } = startStudySchema.parse({
    sizes: {
      starts: 2,
      quietSeeds: 2,
      breakSeeds: 2,
      warmUpBars: 801,
      quietBars: 300,
      beforeBreakBars: 100,
      afterBreakBars: 100,
    },
  });
  return {
    study: 'study-1',
    agent: buildAgent(),
    sizes,
    known: snapshot(),
    asOf: new Date('2026-01-01T00:00:00Z'),
    ...overrides,
  };
}

const froms = (asked: StudyPlan): Map<unknown, unknown> =>
  new Map(
    studyChain(asked, asked.study).followUp!.map(({ payload }) => [payload['timeline'], payload['from']] as const),
  );

describe('studyChain', () => {
  it('begins in each simulated market where its warm-up ends, without simulating it', () => {
    const asked = plan();
    const planned = froms(asked);
    const worlds = worldsOf(asked.agent, asked.sizes, asked.known);
    expect(worlds).toHaveLength(6);
    for (const world of worlds) {
      const { bars } = simulate(asked.agent, world, asked.known);
      const first = bars[asked.sizes.warmUpBars]!.eventTime.toISOString().slice(0, 10);
      expect(planned.get(worldTimeline(asked.study, world))).toBe(first);
    }
  });

  it('begins by default on the earliest day that the baseline can be fitted, and refuses an earlier one', () => {
    const start = froms(plan()).get('study-1-start-0');
    expect(froms(plan({ from: String(start) })).get('study-1-start-0')).toBe(start);
    const before = new Date(Date.parse(String(start)) - DAY_MS).toISOString().slice(0, 10);
    expect(() => froms(plan({ from: before }))).toThrow(
      expect.objectContaining({ code: 'REPLAY_TOO_EARLY', details: expect.objectContaining({ earliest: start }) }),
    );
  });
});
