import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execute, selectRows } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { SteppedClock, WorldClock, inWorld } from '@tidemark/kernel';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { PrunePlanner } from './prune-planner.js';

const JOBS = { concurrency: 1, leaseSeconds: 30, maxAttempts: 3 };
const SCHEDULE = { enabled: true, autoRetrain: true, driftDetection: true, missedSlots: 'last' as const };
const FIRST_JOB = '2026-03-02T12:00:00Z';

describe('PrunePlanner', () => {
  let database: TestDatabase;
  let clock: SteppedClock;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await execute(database.dataSource, 'delete from job_run');
    clock = new SteppedClock(new Date(FIRST_JOB));
  });

  function planner(enabled = true): PrunePlanner {
    const config = { jobs: JOBS, schedule: { ...SCHEDULE, enabled } };
    const world = new WorldClock(clock);
    return new PrunePlanner(database.dataSource, new JobStore(database.dataSource, world, config), config, world);
  }
  const install = (): Promise<unknown> =>
    new JobStore(database.dataSource, clock, { jobs: JOBS }).start({ kind: 'ingest', agent: 'a', payload: {} });
  const prunes = (): Promise<unknown[]> =>
    selectRows(
      database.dataSource,
      `select agent, payload ->> 'slotAt' as slot from job_run where kind = 'prune' order by payload ->> 'slotAt'`,
    );
  const night = (day: string): unknown => ({ agent: 'installation', slot: `2026-03-${day}T05:30:00.000Z` });

  it('queues each night once, whatever the number of schedulers and of their restarts', async () => {
    await install();
    const two = [planner(), planner()];
    for (const at of ['2026-03-03T05:29:59Z', '2026-03-03T05:30:00Z', '2026-03-03T23:00:00Z', '2026-03-04T05:30:01Z']) {
      clock.stepTo(new Date(at));
      await Promise.all(two.map((each) => each.plan()));
      await planner().plan();
    }
    expect(await prunes()).toEqual([night('03'), night('04')]);
  });

  it('says how many it queued', async () => {
    await install();
    clock.stepTo(new Date('2026-03-03T06:00:00Z'));
    const one = planner();
    expect([await one.plan(), await one.plan(), await planner().plan()]).toEqual([1, 0, 0]);
  });

  it('makes up for nights that passed while nothing ran with one, but not for those before anything had run', async () => {
    expect(await planner().plan()).toBe(0);
    await install();
    clock.stepTo(new Date('2026-03-02T20:00:00Z'));
    expect(await planner().plan()).toBe(0);
    clock.stepTo(new Date('2026-03-09T09:00:00Z'));
    expect(await planner().plan()).toBe(1);
    expect(await prunes()).toEqual([night('09')]);
  });

  it('goes by the time of the machine, also inside a replay', async () => {
    await install();
    clock.stepTo(new Date('2026-03-03T06:00:00Z'));
    const past = { timeline: 'replay-1', clock: new SteppedClock(new Date('2009-01-01T00:00:00Z')), isReplay: true };
    expect(await inWorld(past, () => planner().plan())).toBe(1);
    expect(await prunes()).toEqual([night('03')]);
  });

  it('plans nothing where the scheduler is switched off, and starts one by hand all the same', async () => {
    await install();
    clock.stepTo(new Date('2026-03-04T06:00:00Z'));
    const off = planner(false);
    expect(await off.plan()).toBe(0);
    const job = await off.start();
    expect(await off.status()).toEqual({ enabled: false, nextSlot: undefined, last: job });
    expect(await planner().status()).toMatchObject({ nextSlot: '2026-03-05T05:30:00.000Z', last: { id: job.id } });
  });
});
