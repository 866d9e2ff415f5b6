import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute, inTransaction, selectRows } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { SteppedClock } from '@tidemark/kernel';
import { buildAgent, createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { CheckPlanner } from './check-planner.js';
import { SlotRepository } from './slot.repository.js';

const AGENT = buildAgent({ agent: 'planned', source: { series: 'prices', kind: 'api' } });
const KEY = { timeline: 'main', agent: 'planned', series: 'prices' };
/** A Monday. */
const MONDAY = '2020-03-02';

describe('CheckPlanner', () => {
  let database: TestDatabase;
  let planner: CheckPlanner;

  beforeAll(async () => {
    database = await createTestDatabase();
    const clock = new SteppedClock(new Date(`${MONDAY}T00:00:00Z`));
    const jobs = new JobStore(database.dataSource, clock, {
      jobs: { concurrency: 1, leaseSeconds: 30, maxAttempts: 3 },
    });
    planner = new CheckPlanner(new SlotRepository(database.dataSource), jobs);
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of,
         inputs_sha256, output_names, outputs, latency_us)
       select gen_random_uuid(), day + interval '1 hour', 'main', 'planned', gen_random_uuid(), '0.1.0', 1, 1, 'loop', day, '',
         '{}', '{}', 0 from unnest(array['2020-03-03', '2020-03-07']::timestamptz[]) as day`,
    );
  });
  afterAll(() => database.close());

  const plan = (after: string, until: string): Promise<void> =>
    inTransaction(database.dataSource, (runner) =>
      planner.plan(runner, KEY, AGENT.schedule, new Date(after), new Date(until)),
    );
  const slots = (): Promise<unknown[]> =>
    selectRows(
      database.dataSource,
      `select s.schedule, to_char(s.slot_at at time zone 'UTC', 'DD HH24:MI') as at, j.kind, j.payload ->> 'bars' as bars
       from schedule_slot s join job_run j on j.id = s.job_id order by s.slot_at`,
    );

  it('queues one reconciliation for each day on which something was logged', async () => {
    await plan('2020-03-03T00:00:00Z', '2020-03-03T12:00:00Z');
    expect(await slots()).toEqual([]);
    await plan('2020-03-03T12:00:00Z', '2020-03-04T12:00:00Z');
    await plan('2020-03-03T12:00:00Z', '2020-03-04T12:00:00Z');
    expect(await slots()).toEqual([{ schedule: 'reconciliation', at: '04 05:00', kind: 'reconcile', bars: null }]);
  });

  it('goes back further once a week, and catches up with the last of the slots that passed', async () => {
    await plan('2020-03-04T12:00:00Z', '2020-03-08T12:00:00Z');
    expect((await slots()).slice(1)).toEqual([
      { schedule: 'validation', at: '08 04:00', kind: 'reconcile', bars: '250' },
      { schedule: 'reconciliation', at: '08 05:00', kind: 'reconcile', bars: null },
    ]);
    const skips = await selectRows(
      database.dataSource,
      `select reason, slots from schedule_skips where schedule = 'reconciliation' order by reason`,
    );
    expect(skips).toEqual([
      { reason: 'missed', slots: 3 },
      { reason: 'no_new_data', slots: 1 },
    ]);
  });

  it('are told with the loop’s own: what is due, what was missed, and what came of the last', async () => {
    await execute(
      database.dataSource,
      `update schedule_slot set state = 'done', outcome = 'equal' where schedule = 'reconciliation' and slot_at < '2020-03-05'`,
    );
    const states = await new SlotRepository(database.dataSource).states(KEY);
    expect(states).toEqual([
      { schedule: 'drift', due: 0, missed: 0, skipped: 0 },
      { schedule: 'retrain', due: 0, missed: 0, skipped: 0 },
      { schedule: 'validation', due: 1, missed: 0, skipped: 0 },
      {
        schedule: 'reconciliation',
        lastSlot: new Date('2020-03-04T05:00:00Z'),
        lastState: 'done',
        lastOutcome: 'equal',
        due: 1,
        missed: 3,
        skipped: 1,
      },
    ]);
  });
});
