import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog, type ScheduleConfig } from '@tidemark/config';
import type { Agent } from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { SteppedClock, liveTimeline } from '@tidemark/kernel';
import { buildAgent, createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { CheckPlanner } from './check-planner.js';
import { SlotPlanner } from './slot-planner.js';
import { SlotRepository } from './slot.repository.js';

const HOUR_MS = 3_600_000;
const START = Date.parse('2020-03-02T00:00:00Z');
const at = (hours: number): Date => new Date(START + hours * HOUR_MS);
/** Drift every six hours, a decision at 02:00. */
const SOURCE = {
  source: { series: 'prices', kind: 'api' },
  schedule: { reconciliation: { enabled: false }, validation: { enabled: false } },
};
const AGENT = buildAgent({ agent: 'planned', ...SOURCE });
const OTHER = buildAgent({ agent: 'held', ...SOURCE });
const DEFAULTS: ScheduleConfig = { enabled: true, autoRetrain: true, driftDetection: true, missedSlots: 'last' };

describe('SlotPlanner', () => {
  let database: TestDatabase;
  let clock: SteppedClock;

  beforeAll(async () => {
    database = await createTestDatabase({ poolSize: 6 });
  });
  beforeEach(async () => {
    clock = new SteppedClock(at(0));
    await database.dataSource.query('truncate schedule_slot, schedule_skips, agent_loops, bars, job_run cascade');
  });
  afterAll(() => database.close());

  /** A scheduler of its own on the one database. */
  function planner(schedule: Partial<ScheduleConfig> = {}, agents: readonly Agent[] = [AGENT]): SlotPlanner {
    const { dataSource } = database;
    const catalog = new AgentCatalog(agents.map((agent) => ({ agent, file: '', yaml: '', hash: '' })));
    const jobs = new JobStore(dataSource, clock, { jobs: { concurrency: 1, leaseSeconds: 30, maxAttempts: 3 } });
    const slots = new SlotRepository(dataSource);
    const config = { schedule: { ...DEFAULTS, ...schedule } };
    return new SlotPlanner(dataSource, slots, new CheckPlanner(slots, jobs), jobs, catalog, config, clock);
  }

  /** A loop that has come to the start, by a replay or by slots. */
  async function loop({ agent }: Agent, state = 'ready', seenSlot: Date | null = at(0)): Promise<void> {
    await execute(
      database.dataSource,
      `insert into agent_loops (timeline_id, agent, state, policy, policy_hash, monitors, started_at, seen_bar, seen_slot)
       values ($1, $2, $3, '{}', '', '{}', $4, $5, $6)`,
      [liveTimeline(), agent, state, at(0), at(-24), seenSlot],
    );
  }

  async function bar(eventTime: Date, knownAt: Date): Promise<void> {
    await execute(
      database.dataSource,
      `insert into bars (series, event_time, known_at, open, high, low, close, volume, source)
       values ('prices', $1, $2, 1, 1, 1, 1, 1, 'test')`,
      [eventTime, knownAt],
    );
  }

  /** What the worker leaves: the slot done, its bars seen. */
  async function runAll(seenBar: Date): Promise<void> {
    await execute(database.dataSource, `update schedule_slot set state = 'done' where state = 'due'`);
    await execute(database.dataSource, 'update agent_loops set seen_bar = $1', [seenBar]);
  }

  async function slots(): Promise<string[]> {
    const rows = await selectRows<{ schedule: string; slot_at: Date; state: string; kind: string }>(
      database.dataSource,
      `select s.schedule, s.slot_at, s.state, j.kind from schedule_slot s join job_run j on j.id = s.job_id
       order by s.slot_at, s.schedule`,
    );
    return rows.map(({ schedule, slot_at, state, kind }) => {
      expect(kind).toBe('slot');
      return `${schedule} ${slot_at.toISOString().slice(5, 16)} ${state}`;
    });
  }

  async function counts(): Promise<Record<string, number>> {
    const rows = await selectRows<{ schedule: string; reason: string; slots: number }>(
      database.dataSource,
      'select schedule, reason, slots from schedule_skips order by schedule, reason',
    );
    return Object.fromEntries(rows.map(({ schedule, reason, slots: count }) => [`${schedule} ${reason}`, count]));
  }

  async function jobs(): Promise<number> {
    return (await selectRows(database.dataSource, 'select 1 from job_run')).length;
  }

  it('queues each due slot once, whoever looks, and however often', async () => {
    await loop(AGENT);
    const [one, two] = [planner(), planner()];
    for (let hour = 0; hour <= 72; hour += 1) {
      clock.stepTo(at(hour));
      // A bar a day, known two hours before midnight.
      if (hour % 24 === 22) await bar(at(hour - 22), at(hour));
      await Promise.all([one.planAll(), two.planAll(), one.planAll(), two.planAll()]);
      if (hour % 24 === 3) await runAll(at(hour - 27));
    }
    expect(await slots()).toEqual([
      'drift 03-03T00:00 done',
      'retrain 03-03T02:00 done',
      'drift 03-04T00:00 done',
      'retrain 03-04T02:00 done',
      'drift 03-05T00:00 due',
    ]);
    expect(await jobs()).toBe(5);
    expect(await counts()).toEqual({ 'drift no_new_data': 9, 'retrain no_new_data': 1 });
  }, 60_000);

  it('says how many it queued', async () => {
    await loop(AGENT);
    await bar(at(0), at(1));
    clock.stepTo(at(3));
    expect(await planner().planAll()).toBe(1);
    expect(await planner().planAll()).toBe(0);
  });

  it('plans nothing of the past when it starts for the first time', async () => {
    await bar(at(-48), at(-24));
    expect(await planner().planAll()).toBe(0);
    expect(await slots()).toEqual([]);
    expect(await counts()).toEqual({ 'drift first_start': 1 });
    clock.stepTo(at(2));
    expect(await planner().planAll()).toBe(1);
    expect(await slots()).toEqual(['retrain 03-02T02:00 due']);
  });

  it('goes on where a replay ended', async () => {
    await loop(AGENT, 'ready', at(-24));
    await bar(at(-12), at(-11));
    await planner({ missedSlots: 'all' }).planAll();
    expect(await slots()).toEqual(['drift 03-01T18:00 due', 'drift 03-02T00:00 due']);
  });

  it.each(['last', 'all', 'skip'] as const)(
    'counts a year without a new bar in one row each: %s',
    async (missedSlots) => {
      await loop(AGENT);
      clock.stepTo(at(365 * 24));
      expect(await planner({ missedSlots }).planAll()).toBe(0);
      expect(await counts()).toEqual({ 'drift no_new_data': 365 * 4, 'retrain no_new_data': 365 });
      expect(await slots()).toEqual([]);
    },
  );

  it.each([
    ['last', ['drift 03-05T00:00 due', 'retrain 03-05T02:00 due'], { drift: 7, retrain: 2 }],
    ['skip', [], { drift: 8, retrain: 3 }],
    ['all', undefined, {}],
  ] as const)('after an outage in which bars came, by the policy %s', async (missedSlots, planned, missed) => {
    await loop(AGENT);
    // Known after the slots of the first day, so these missed nothing.
    await bar(at(0), at(25));
    clock.stepTo(at(75));
    await planner({ missedSlots }).planAll();
    const all = [
      '03-03T06:00',
      '03-03T12:00',
      '03-03T18:00',
      '03-04T00:00',
      '03-04T06:00',
      '03-04T12:00',
      '03-04T18:00',
    ];
    const found = await slots();
    if (planned === undefined) {
      expect(found.filter((slot) => slot.startsWith('drift'))).toEqual(
        [...all, '03-05T00:00'].map((slot) => `drift ${slot} due`),
      );
      expect(found.filter((slot) => slot.startsWith('retrain'))).toHaveLength(3);
    } else {
      expect(found).toEqual(planned);
    }
    const counted = Object.entries(missed).map(([schedule, count]) => [`${schedule} missed`, count]);
    const idle = { 'drift no_new_data': 4, 'retrain no_new_data': 1 };
    expect(await counts()).toEqual({ ...Object.fromEntries(counted), ...idle });
  });

  it('lets a decision follow a bar that was seen and not decided about', async () => {
    await loop(AGENT);
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of,
         inputs_sha256, output_names, outputs, latency_us)
       values (gen_random_uuid(), $1, $2, $3, gen_random_uuid(), '0.1.0', 1, 1, 'loop', $1, '', '{probability}', '{0.5}', 1)`,
      [at(0), liveTimeline(), AGENT.agent],
    );
    clock.stepTo(at(12));
    await planner().planAll();
    expect(await slots()).toEqual(['retrain 03-02T02:00 due']);
    await database.dataSource.query('truncate predictions');
  });

  it.each([
    ['enabled', { enabled: false }, []],
    ['autoRetrain', { autoRetrain: false }, ['drift 03-03T06:00 due']],
    ['driftDetection', { driftDetection: false }, ['retrain 03-03T02:00 due']],
  ])('plans nothing that is switched off by %s', async (_flag, schedule, planned) => {
    await loop(AGENT);
    await bar(at(0), at(25));
    clock.stepTo(at(30));
    await planner(schedule).planAll();
    expect(await slots()).toEqual(planned);
  });

  it.each(['replaying', 'halted'])('waits while a history is %s, and plans the other agents', async (state) => {
    await loop(OTHER, state, null);
    await loop(AGENT);
    await bar(at(0), at(1));
    clock.stepTo(at(6));
    await planner({}, [OTHER, AGENT]).planAll();
    expect(await slots()).toEqual(['retrain 03-02T02:00 due', 'drift 03-02T06:00 due']);
    const held = await selectRows(database.dataSource, `select 1 from schedule_slot where agent = 'held'`);
    expect(held).toEqual([]);
    await execute(database.dataSource, `update agent_loops set state = 'ready', seen_slot = $1 where agent = 'held'`, [
      at(6),
    ]);
    clock.stepTo(at(12));
    await planner({}, [OTHER]).planAll();
    expect((await slots()).at(-1)).toBe('drift 03-02T12:00 due');
  });
});
