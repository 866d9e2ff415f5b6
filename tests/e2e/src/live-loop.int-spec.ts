import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Job } from '@tidemark/contracts';
import { closeDataSource, openDataSource, selectOne, selectRows } from '@tidemark/database';
import { SMALL_VALIDATION, barsCsv, eventually, plantedBars, type TestBar } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { ClockFile } from './testing/clock-file.js';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob, succeeded } from './testing/jobs.js';
import type { ManagedProcess } from './testing/managed-process.js';

const AGENT = 'lived';
/** Bars from 2000-01-01 on, one a day; the file ends where live begins. */
const LIVE_BARS = 130;
const BARS = plantedBars({ seed: 2, bars: 1_266 });
const FILED = BARS.slice(0, -LIVE_BARS);
const LIVE = BARS.slice(-LIVE_BARS);
/** Of the live bars, at which one scheduler is killed and started again. */
const KILLED_AT = 40;
const BACK_AT = 90;
const HOUR_MS = 3_600_000;
/** A bar is known an hour before the slot that looks at it; the night's decision comes two hours after that slot. */
const KNOWN_AFTER_HOURS = 23;
const DECIDED_AFTER_HOURS = 26;
const DAY_MS = 20_000;

const YAML = {
  agent: AGENT,
  description: 'Bars of a planted market: a file, and then one call a day.',
  task: 'direction',
  source: {
    series: AGENT,
    kind: 'csv',
    path: 'lived.csv',
    columns: { time: 'date', open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' },
    knownAfterHours: KNOWN_AFTER_HOURS,
  },
  label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
  baseline: 'base_rate',
  families: ['logistic'],
  sealedFrom: '2010-01-01',
  validation: { ...SMALL_VALIDATION, gateBars: 250 },
  replay: { from: '2003-01-01' },
};

const after = ({ eventTime }: TestBar, hours: number): Date => new Date(eventTime.getTime() + hours * HOUR_MS);
const byTable = ({ tables }: Digest): Record<string, string> =>
  Object.fromEntries(tables.map(({ table, rows, sha256 }) => [table, `${rows} ${sha256}`]));

/** Real processes by a stepped clock: 130 days, each with a bar, its slots and what follows from them. */
describe('the live loop', () => {
  let installation: Installation;
  let database: DataSource;
  let api: RunningApi;
  let schedulers: ManagedProcess[];

  beforeAll(async () => {
    installation = await Installation.create();
    for (const shipped of ['market_insight', 'risk_assessor']) rmSync(join(installation.agentsDir, `${shipped}.yaml`));
    writeFileSync(join(installation.agentsDir, `${AGENT}.yaml`), JSON.stringify(YAML));
    writeFileSync(join(installation.agentsDir, 'lived.csv'), barsCsv(FILED));
    installation.clock = new ClockFile(join(installation.folder, 'clock'), after(FILED.at(-1)!, DECIDED_AFTER_HOURS));
    database = await openDataSource(installation.databaseUrl, { poolSize: 2 });
    api = await installation.startApi();
    await installation.startWorker();
    await runMainJob(api.client);
    schedulers = [await installation.startScheduler(), await installation.startScheduler()];
    for (const [index, bar] of LIVE.entries()) {
      if (index === BACK_AT) schedulers.push(await installation.startScheduler());
      await day(bar, index === KILLED_AT);
    }
  }, 240_000);
  afterAll(async () => {
    await closeDataSource(database);
    await installation.close();
  });

  /** The bar comes, then the clock passes the slots that see it and decide about it. */
  async function day(bar: TestBar, isKill: boolean): Promise<void> {
    const { eventTime, ...prices } = bar;
    const clock = installation.clock!;
    clock.stepTo(after(bar, KNOWN_AFTER_HOURS));
    await api.client.post('/api/v1/bars', { series: AGENT, bars: [{ time: eventTime.toISOString(), ...prices }] });
    const night = after(bar, DECIDED_AFTER_HOURS);
    clock.stepTo(night);
    if (isKill) await schedulers[0]!.stop('SIGKILL');
    await eventually(() => isOver(night), { timeoutMs: DAY_MS, intervalMs: 10 });
  }

  /** The night's slot is done, and nothing is queued, running or due any more. */
  async function isOver(night: Date): Promise<boolean> {
    const row = await selectOne<{ over: boolean }>(
      database,
      `select exists (select 1 from schedule_slot where agent = $1 and timeline_id = 'main' and schedule = 'retrain'
           and slot_at = $2 and state = 'done')
         and not exists (select 1 from schedule_slot where state = 'due')
         and not exists (select 1 from job_run where state in ('queued', 'running')) as over`,
      [AGENT, night],
    );
    return row!.over;
  }

  it('does what a replay of the same bars does', async () => {
    const { jobs } = await api.client.post<{ jobs: Job[] }>('/api/v1/replays', { agents: [AGENT], timeline: 'again' });
    const { result } = await succeeded(api.client, jobs[0]!.id);
    const until = after(LIVE.at(-1)!, DECIDED_AFTER_HOURS).toISOString();
    expect(result).toMatchObject({ bars: 40 + LIVE_BARS, until });
    expect(Number(result!['fits'])).toBeGreaterThanOrEqual(2);
    const digest = (timeline: string): Promise<Digest> =>
      api.client.get(`/api/v1/timelines/${timeline}/digest?agent=${AGENT}&until=${until}`);
    const [lived, again] = [await digest('main'), await digest('again')];
    expect(byTable(lived)).toEqual(byTable(again));
    expect(lived.sha256).toBe(again.sha256);
  }, 60_000);

  it('ran every slot once, though a scheduler was killed and came back', async () => {
    const since = after(FILED.at(-1)!, DECIDED_AFTER_HOURS);
    const slots = await selectRows<{ schedule: string; slots: number; days: number; states: string[] }>(
      database,
      `select schedule, count(*)::int as slots, count(distinct slot_at::date)::int as days, array_agg(distinct state) as states
       from schedule_slot where timeline_id = 'main' and schedule in ('drift', 'retrain') and slot_at > $1 group by schedule order by schedule`,
      [since],
    );
    const each = { slots: LIVE_BARS, days: LIVE_BARS, states: ['done'] };
    expect(slots).toEqual([
      { schedule: 'drift', ...each },
      { schedule: 'retrain', ...each },
    ]);
    const jobs = await selectRows<{ jobs: number; slots: number; states: string[]; attempts: number }>(
      database,
      `select count(*)::int as jobs, count(distinct (payload->>'schedule', payload->>'slotAt'))::int as slots,
         array_agg(distinct state) as states, max(attempt) as attempts from job_run where kind = 'slot'`,
      [],
    );
    const planned = 2 * LIVE_BARS;
    expect(jobs).toEqual([{ jobs: planned, slots: planned, states: ['succeeded'], attempts: 1 }]);
  });

  it('counted the slots without a new bar, each once', async () => {
    const skipped = await selectRows<{ reason: string; slots: number }>(
      database,
      `select reason, sum(slots)::int as slots from schedule_skips
       where timeline_id = 'main' and schedule = 'drift' and agent = $1 group by reason`,
      [AGENT],
    );
    // Three of the four drift slots of a day see nothing new; the replay before it counted its own 39 days.
    expect(skipped).toEqual([{ reason: 'no_new_data', slots: 3 * LIVE_BARS + 3 * 39 }]);
  });
});
