import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema, type Digest, type Job } from '@tidemark/contracts';
import { selectOne } from '@tidemark/database';
import { callerError } from '@tidemark/kernel';
import { LOOP_SCHEDULES, dueSlots } from '@tidemark/loop/read';
import { IngestService } from '@tidemark/market-data';
import { DECISION_AUDIT, type DecisionAudit } from '@tidemark/policy/read';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';
import type { RecordingContext } from './testing/recording-context.js';

/** Bars from 2000-01-01 on, one a day. */
const BARS = plantedBars({ seed: 2, bars: 1_520 });
/** Bars 1,096 to 1,495. */
const SPAN = { from: '2003-01-01', to: '2004-02-04' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const knownAt = ({ eventTime }: { eventTime: Date }): Date => new Date(eventTime.getTime() + DAY_MS);

const NAME = 'replayed';
const AGENT = plantedAgent(NAME, { sealedFrom: '2004-01-01', validation: { ...SMALL_VALIDATION, gateBars: 250 } });

const byTable = ({ tables }: Digest): Record<string, string> =>
  Object.fromEntries(tables.map(({ table, rows, sha256 }) => [table, `${rows} ${sha256}`]));

describe('replay', () => {
  const benches: ReplayBench[] = [];
  let bench: ReplayBench;
  let whole: Job;

  /** A worker on a database of its own that knows some of the bars. */
  async function openWith(bars: typeof BARS): Promise<ReplayBench> {
    const opened = await ReplayBench.open([AGENT]);
    benches.push(opened);
    await opened.app.get(IngestService).store(NAME, bars, { source: 'test', knownAfterHours: 24 });
    return opened;
  }

  beforeAll(async () => {
    bench = await openWith(BARS);
    whole = await bench.replay({ agent: NAME, timeline: 'first', ...SPAN });
  }, 120_000);
  afterAll(async () => {
    for (const each of benches) await each.close();
  });

  it('steps the loop through the past, deciding, training and promoting on its way', async () => {
    expect(whole).toMatchObject({
      state: 'succeeded',
      result: { timeline: 'first', bars: 400, fits: 6, opening: 1, until: '2004-02-05T02:00:00.000Z' },
    });
    const { promotions, refusals, digest } = whole.result as Record<string, number | string>;
    expect(promotions).toBeGreaterThanOrEqual(1);
    expect(Number(promotions) + Number(refusals)).toBe(6);
    expect(digest).toBe((await bench.digest('first', NAME)).sha256);
  });

  it('stores decisions that their stored contexts lead to, every one of them', async () => {
    const { checked, differing } = await bench.app.get<DecisionAudit>(DECISION_AUDIT).verifyAll('first');
    expect(differing).toEqual([]);
    expect(checked).toBeGreaterThan(400);
  });

  it('does the same on another timeline', async () => {
    const again = await bench.replay({ agent: NAME, timeline: 'second', ...SPAN });
    expect(byTable(await bench.digest('second', NAME))).toEqual(byTable(await bench.digest('first', NAME)));
    expect(again.result).toMatchObject({ digest: whole.result!['digest'], opening: 2 });
  }, 60_000);

  it('knows nothing of later bars: a replay of the bars up to an instant did what the whole one had done by then', async () => {
    const cutAt = new Date('2003-09-17T00:00:00Z');
    const other = await openWith(BARS.filter((bar) => knownAt(bar) <= cutAt));
    await other.replay({ agent: NAME, timeline: 'cut', from: SPAN.from });
    const cut = await other.digest('cut', NAME);
    // The night after the last bar is part of it.
    const night = new Date(cutAt.getTime() + 2 * HOUR_MS);
    expect(cut.until).toBe(night.toISOString());
    expect(byTable(cut)).toEqual(byTable(await bench.digest('first', NAME, night)));
  }, 60_000);

  it('goes on where it was killed: between bars, while a training runs, before its candidate is decided about', async () => {
    const { id } = await bench.queue({ agent: NAME, timeline: 'killed', ...SPAN });
    const kill = (context: RecordingContext): void => context.abort(new Error('killed'));
    const afterProgress = (count: number) => (context: RecordingContext) => {
      context.onProgress = async () => void (context.fractions.length === count && kill(context));
    };
    const inTraining = (context: RecordingContext): void => {
      bench.onTraining = (training) => {
        bench.onTraining = () => undefined;
        training.onLog = async () => kill(context);
      };
    };
    const afterRetrain = (context: RecordingContext): void => {
      context.onLog = async (line) => void (line.includes('retrain') && kill(context));
    };
    const kills = [afterProgress(1), afterProgress(37), inTraining, afterProgress(61), afterRetrain, afterProgress(90)];
    for (const [index, watch] of kills.entries()) {
      expect(await bench.attempt(id, index + 1, watch)).toMatchObject({ state: 'queued' });
    }
    const ended = await bench.attempt(id, kills.length + 1);
    expect(byTable(await bench.digest('killed', NAME))).toEqual(byTable(await bench.digest('first', NAME)));
    expect(ended.result).toEqual({ ...whole.result, timeline: 'killed', opening: 3 });
  }, 120_000);

  it('compares without a gate, and lets a policy wait for a lag', async () => {
    const policy = policySchema.parse({
      name: 'newest-in',
      triggers: [{ kind: 'calendar', everyBars: 100 }],
      minGapBars: 63,
      gates: { newRecipe: 'none', refit: 'none' },
      trainingLagBars: 5,
      watch: false,
    });
    const { result } = await bench.replay({
      agent: NAME,
      timeline: 'compared',
      purpose: 'comparison',
      ...SPAN,
      policy,
    });
    // The fourth is asked for in the last night and waits for its bars.
    expect(result).toMatchObject({ fits: 4, promotions: 3, refusals: 0 });
    const late = await selectOne<{ bars: number }>(
      bench.database.dataSource,
      `select min(extract(day from c.as_of - r.as_of))::int as bars from decisions r
       join decisions c on c.timeline_id = r.timeline_id and c.kind = 'candidate' and c.slot_at > r.slot_at
       where r.timeline_id = 'compared' and r.action = 'retrain'`,
    );
    expect(late).toEqual({ bars: 5 });
    expect((await bench.digest('compared', NAME)).tables).toContainEqual(
      expect.objectContaining({ table: 'drift_metrics', rows: 0 }),
    );
  }, 60_000);

  it('counts slots without a new bar, and gives them no rows', async () => {
    const skips = await selectOne<{ slots: number }>(
      bench.database.dataSource,
      `select slots from schedule_skips where timeline_id = 'first' and agent = 'replayed' and schedule = 'drift'`,
    );
    // Three of four drift slots a day, and none after the last bar was observed.
    expect(skips).toEqual({ slots: 3 * 399 });
  });

  it('stops resumably, without a decision, where a limit ends a training', async () => {
    const { id } = await bench.queue({ agent: NAME, timeline: 'halted', from: SPAN.from, to: '2003-03-31' });
    bench.onTraining = (training) => {
      if (training.job.payload['decision'] === undefined) return;
      training.onLog = () => Promise.reject(callerError('TRAINING_TIME_LIMIT', 'It took too long.'));
    };
    await expect(bench.attempt(id, 1)).rejects.toMatchObject({ code: 'REPLAY_HALTED' });
    expect(await bench.loop('halted', NAME)).toMatchObject({ state: 'halted' });
    bench.onTraining = () => undefined;
    await bench.store.retry(id);
    expect(await bench.attempt(id, 2)).toMatchObject({ state: 'succeeded', result: { fits: 1 } });
    expect(await bench.loop('halted', NAME)).toMatchObject({ state: 'ready' });
  }, 60_000);

  it('refuses to replay an agent twice on one timeline', async () => {
    await expect(bench.replay({ agent: NAME, timeline: 'first', ...SPAN })).rejects.toMatchObject({
      code: 'TIMELINE_REPLAYED',
    });
  });

  it('does live what its replay does: bars fed one by one, each slot a job', async () => {
    const begin = new Date('2004-01-06T00:00:00Z');
    const until = new Date('2004-02-05T00:00:00Z');
    const live = await openWith(BARS.filter((bar) => knownAt(bar) <= begin));
    await live.replay({ agent: NAME, timeline: 'main', purpose: 'live', from: SPAN.from });
    const bars = BARS.filter((bar) => knownAt(bar) > begin);
    for (const { schedule, slotAt } of dueSlots(live.agent(NAME).schedule, begin, until, LOOP_SCHEDULES)) {
      while (knownAt(bars[0]!) <= slotAt) await live.post(NAME, bars.shift()!, slotAt);
      const payload = { agent: NAME, schedule, slotAt: slotAt.toISOString() };
      await live.store.start({ kind: 'slot', agent: NAME, payload });
      await live.idle();
    }
    const fed = await live.digest('main', NAME, until);
    expect(byTable(fed)).toEqual(byTable(await bench.digest('first', NAME, until)));
    const { fits } = whole.result as { fits: number };
    expect(await live.actions('main', NAME)).toMatchObject({ retrain: fits });
  }, 120_000);
});
