import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAME = 'fresh';
const BARS = plantedBars({ seed: 3, bars: 802 });
const DAY_MS = 86_400_000;

/** Live slots of an agent that no replay has prepared: its bars come by the API alone. */
describe('first slots', () => {
  let bench: ReplayBench;

  /** Runs a slot and what follows from it; `at` counts hours from the moment the last warm-up bar became known. */
  async function slot(schedule: 'drift' | 'retrain', at: number): Promise<Job> {
    const slotAt = new Date(BARS[800]!.eventTime.getTime() + at * 3_600_000).toISOString();
    const job = await bench.store.start({ kind: 'slot', agent: NAME, payload: { agent: NAME, schedule, slotAt } });
    await bench.idle();
    return bench.store.get(job.id);
  }

  beforeAll(async () => {
    bench = await ReplayBench.open([plantedAgent(NAME, { validation: SMALL_VALIDATION })]);
    const source = { source: 'test', knownAfterHours: 24 };
    await bench.app.get(IngestService).store(NAME, BARS.slice(0, 800), source);
  }, 60_000);
  afterAll(() => bench.close());

  it('wait for the baseline, which the first night asks for', async () => {
    expect(await slot('drift', 0)).toMatchObject({ result: { outcome: 'waits for the baseline' } });
    expect(await slot('retrain', 2)).toMatchObject({ result: { outcome: 'asked for the baseline' } });
    expect(await slot('drift', 6)).toMatchObject({ result: { outcome: 'skipped:no_new_data' } });
    expect(await bench.loop('main', NAME)).toMatchObject({
      state: 'ready',
      seenBar: BARS[799]!.eventTime.toISOString(),
    });
  });

  it('observe bars that come from then on, and decide about them once', async () => {
    const bar = BARS[800]!;
    await bench.post(NAME, bar, new Date(bar.eventTime.getTime() + DAY_MS));
    expect(await slot('drift', 24)).toMatchObject({ result: { outcome: '1 bar' } });
    expect(await slot('retrain', 26)).toMatchObject({ result: { outcome: 'none' } });
    expect(await slot('retrain', 26)).toMatchObject({ result: { outcome: 'done before' } });
    expect(await slot('retrain', 50)).toMatchObject({ result: { outcome: 'skipped:no_new_data' } });
    expect(await bench.actions('main', NAME)).toEqual({ none: 1 });
  });

  it('run earlier slots that are still due first', async () => {
    const at = (hours: number): Date => new Date(BARS[800]!.eventTime.getTime() + hours * 3_600_000);
    await bench.post(NAME, BARS[801]!, at(48));
    const due = `insert into schedule_slot (timeline_id, agent, schedule, slot_at, state) values ('main', $1, $2, $3, 'due')`;
    const { dataSource } = bench.database;
    for (const [name, hours] of [
      ['drift', 72],
      ['drift', 78],
      ['retrain', 98],
    ] as const) {
      await dataSource.query(due, [NAME, name, at(hours)]);
    }
    expect(await slot('retrain', 98)).toMatchObject({ result: { outcome: 'none' } });
    const rows = await selectRows(
      dataSource,
      `select schedule, slot_at, state from schedule_slot where slot_at >= $1 order by slot_at`,
      [at(72)],
    );
    expect(rows).toEqual([
      { schedule: 'drift', slot_at: at(72), state: 'done' },
      { schedule: 'retrain', slot_at: at(98), state: 'done' },
    ]);
  });
});
