import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { monitorsSchema, type Monitors } from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import { buildAgent, createTestDatabase, plantedBars, type TestBar, type TestDatabase } from '@tidemark/testing';
import { BASELINE, LoopWorld, TRAINED, type WorldOptions } from './testing/loop-world.js';

const FEATURES = ['ret_1', 'ret_5', 'ret_20', 'rsi_14', 'atr_close', 'volume_ratio_20', 'parkinson_20'];
const windows = { windowBars: 21, referenceBars: 63, minPairs: 20 };
const START = 700;

const monitorsOf = (overrides: Record<string, unknown> = {}): Monitors =>
  monitorsSchema.parse({
    features: windows,
    predictions: windows,
    loss: { windowBars: 60, minBars: 30 },
    calibration: { windowBars: 60, minBars: 30 },
    importance: { everyBars: 63, windowBars: 100 },
    ...overrides,
  });

/** From `at` on bars have ten times the range and the size of their returns. */
function breaking(bars: TestBar[], at: number): TestBar[] {
  let close = bars[at - 1]!.close;
  return bars.map((bar, row) => {
    if (row < at) return bar;
    const previous = bars[row - 1]!.close;
    const open = close;
    close = open * (bar.close / previous) ** 4;
    return { ...bar, open, close, high: Math.max(open, close) * 1.05, low: Math.min(open, close) / 1.05 };
  });
}

describe('the monitors of a loop', () => {
  let database: TestDatabase;
  let timelines = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  async function worldOf(options: Partial<WorldOptions>): Promise<LoopWorld & { timeline: string }> {
    timelines += 1;
    const timeline = `world-${timelines}`;
    await execute(
      database.dataSource,
      `insert into timelines (id, created_at, purpose) values ($1, '2020-01-01', 'replay')`,
      [timeline],
    );
    const world = new LoopWorld(database.dataSource, {
      agent: buildAgent({ features: FEATURES }),
      monitors: monitorsOf(),
      bars: plantedBars({ seed: 1, bars: 1_100 }),
      forecasts: { baseline: () => 0.53, trained: (row) => 0.53 + 0.02 * Math.sin(row) },
      timeline,
      ...options,
    });
    return Object.assign(world, { timeline });
  }

  const rowsOf = (table: string, timeline: string, order: string): Promise<Record<string, unknown>[]> =>
    selectRows(database.dataSource, `select * from ${table} where timeline_id = $1 order by ${order}`, [timeline]);

  const bars = (world: LoopWorld, row: number): Date => world.logged[row - START]!.asOf;
  const known = (world: LoopWorld, row: number): Date => new Date(world.snapshot(row + 1).lastKnownAt!);

  /** Logs what the loop and callers were answered about a bar, as outputs of equal names are equal. */
  async function answered(
    world: LoopWorld,
    row: number,
    { loop, callers }: { loop: string; callers: string[] },
  ): Promise<void> {
    const answers = [{ mode: 'loop', inputs: loop }, ...callers.map((inputs) => ({ mode: 'live', inputs }))];
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of,
         inputs_sha256, output_names, outputs, latency_us)
       select gen_random_uuid(), $1::timestamptz, 'main', 'asked', '00000000-0000-0000-0000-000000000001', '0.1.0', 1, 1,
         t.mode, $2, t.inputs::bytea, '{}', '{}', 1 from jsonb_to_recordset($3::jsonb) as t (mode text, inputs text)`,
      [known(world, row), bars(world, row), JSON.stringify(answers)],
    );
  }

  const everything = async (timeline: string): Promise<unknown> => {
    const tables = await Promise.all([
      rowsOf('drift_metrics', timeline, 'as_of, monitor, subject'),
      rowsOf('model_performance_history', timeline, 'as_of, monitor'),
      rowsOf('feature_importance', timeline, 'as_of, feature'),
      rowsOf('monitor_state', timeline, 'monitor, subject'),
      rowsOf('alerts', timeline, 'opened_as_of, monitor, subject'),
    ]);
    return tables.map((rows) => rows.map(({ timeline_id: _timeline, id: _id, ...row }) => row));
  };

  it('find a break in the features soon, say it once, and end the alert when the past knows the new world', async () => {
    const bars = breaking(plantedBars({ seed: 2, bars: 1_400 }), 900);
    const world = await worldOf({ bars });
    const session = await world.open();
    await world.run(session, START, 900);
    const quiet = await rowsOf('alerts', world.timeline, 'opened_as_of');
    await world.run(session, 900, 1_400);
    const alerts = (await rowsOf('alerts', world.timeline, 'opened_as_of, subject')).slice(quiet.length);
    const hit = alerts.find(
      ({ subject }) => subject === 'atr_close' || subject === 'parkinson_20' || subject === 'features',
    );
    const delay = ((hit!.opened_as_of as Date).getTime() - bars[900]!.eventTime.getTime()) / 86_400_000;
    expect(delay).toBeGreaterThanOrEqual(2);
    expect(delay).toBeLessThanOrEqual(30);
    expect(hit).toMatchObject({
      kind: 'DRIFT',
      state: 'resolved',
      resolved_by: expect.stringMatching(/monitor|grouped/),
    });
  });

  it('raise no storm where nothing breaks', async () => {
    const world = await worldOf({ bars: plantedBars({ seed: 3, bars: 1_700 }) });
    const session = await world.open();
    await world.run(session, START, 1_700);
    const alerts = await rowsOf('alerts', world.timeline, 'opened_as_of');
    const drift = alerts.filter(({ monitor }) => monitor === 'features');
    // 1,000 bars, seven features.
    expect(drift.length).toBeLessThanOrEqual(25);
    expect(alerts.filter(({ subject }) => subject === 'features').length).toBeLessThanOrEqual(2);
  });

  it('say nothing of drift before twenty past pairs exist, and from which bar they could', async () => {
    const world = await worldOf({});
    const session = await world.open();
    await world.run(session, START, START + 90);
    const [state] = (await rowsOf('monitor_state', world.timeline, 'subject')).filter(
      ({ monitor }) => monitor === 'features',
    );
    const rows = (await rowsOf('drift_metrics', world.timeline, 'as_of')).filter(({ subject }) => subject === 'ret_1');
    const first = rows.findIndex(({ status }) => status !== 'insufficient');
    expect(
      rows.slice(0, first).every(({ pairs, limit_value: limit }) => (pairs as number) < 20 && limit === null),
    ).toBe(true);
    expect(rows[first]).toMatchObject({ as_of: state!.speaks_from, pairs: 20, limit_value: expect.any(Number) });
    expect(rows[first]!.reference_end).toEqual(rows[first + 20]!.reference_end);
    expect(rows[first - 1]!.reference_end).not.toEqual(rows[first]!.reference_end);
  });

  it('count each bar once', async () => {
    const world = await worldOf({});
    const session = await world.open();
    await world.run(session, START, START + 10);
    const before = await everything(world.timeline);
    const [bar, matured] = world.step(START + 9);
    await world.inside(() => session.observe(bar, matured));
    const reopened = await world.open();
    await world.inside(() => reopened.observe(bar, matured));
    expect(await everything(world.timeline)).toEqual(before);
  });

  it('go on after a restart as if there had been none, restatements included', async () => {
    const options = {
      bars: breaking(plantedBars({ seed: 4, bars: 1_000 }), 850),
      serving: (row: number) =>
        row < 780 ? BASELINE : row < 880 ? TRAINED : { ...TRAINED, version: '1.1.0', sequence: 3 },
    };
    const restate = ({ bars: own }: { bars: TestBar[] }): void => {
      own[820] = { ...own[820]!, volume: own[820]!.volume * 3, high: own[820]!.high * 1.01 };
    };
    const run = async (restarts: readonly number[]): Promise<[unknown, unknown]> => {
      const own = { ...options, bars: [...options.bars] };
      const world = await worldOf(own);
      let session = await world.open();
      for (let row = START; row < 1_000; row += 1) {
        if (row === 905) restate(own);
        if (restarts.includes(row)) session = await world.open();
        await world.run(session, row, row + 1);
      }
      const facts = [session.alarms(), session.degradation(), await world.inside(() => session.compare('baseline'))];
      return [await everything(world.timeline), facts];
    };
    const continuous = await run([]);
    expect(await run([START + 1, 770, 781, 860, 906, 950, 951])).toEqual(continuous);
  });

  it('compare what serves with another artifact on its own bars', async () => {
    const world = await worldOf({
      forecasts: { baseline: () => 0.53, trained: (row) => 0.5 + 0.4 * Math.sin(row), good: () => 0.6 },
    });
    const session = await world.open();
    await world.run(session, START, START + 30);
    expect(await session.compare('baseline')).toMatchObject({ status: 'insufficient', bars: 24 });
    expect(session.degradation()).toBeUndefined();
    await world.run(session, START + 30, START + 90);
    const compared = await session.compare('baseline');
    expect(compared).toMatchObject({ status: 'ok', bars: 60 });
    expect(compared.meanDifference).toBeLessThan(0);
    expect(session.degradation()).toEqual(expect.any(Number));
  });

  it('raise a loss alarm against the baseline, and drop it when another recipe serves', async () => {
    const world = await worldOf({
      forecasts: { baseline: () => 0.53, trained: (row) => 0.5 + 0.45 * Math.sin(row) },
      serving: (row) => (row < START + 80 ? TRAINED : BASELINE),
    });
    const session = await world.open();
    await world.run(session, START, START + 80);
    const loss = session.alarms().find(({ monitor }) => monitor === 'loss');
    expect(loss).toMatchObject({
      subject: 'log_loss',
      phase: 'firing',
      severity: expect.stringMatching(/high|critical/),
    });
    expect(loss!.value).toBeGreaterThan(loss!.limit!);
    await world.run(session, START + 80, START + 81);
    expect(session.alarms().find(({ monitor }) => monitor === 'loss')).toMatchObject({ phase: 'silent' });
    const [alert] = (await rowsOf('alerts', world.timeline, 'opened_as_of')).filter(
      ({ monitor }) => monitor === 'loss',
    );
    expect(alert).toMatchObject({ kind: 'PERFORMANCE', state: 'resolved', resolved_by: 'another recipe serves' });
    const performance = await rowsOf('model_performance_history', world.timeline, 'as_of');
    expect(performance.filter(({ monitor }) => monitor === 'loss')).toHaveLength(81);
    expect(performance.at(-1)).toMatchObject({ monitor: expect.any(String), version: '0.1.0' });
  });

  it('use the documented numbers when asked to', async () => {
    const world = await worldOf({ monitors: monitorsOf({ preset: 'documented' }) });
    const session = await world.open();
    await world.run(session, START, START + 1);
    const [row] = (await rowsOf('drift_metrics', world.timeline, 'subject')).filter(
      ({ monitor }) => monitor === 'features',
    );
    expect(row).toMatchObject({ statistic: 'psi/quantile-ref', limit_value: 0.1 });
    expect(row!.details).toMatchObject({ statistics: { 'kl/quantile-ref': { limit: 0.05 } } });
  });

  it('store the importance of inputs on the first bar, with each new version and every so many bars', async () => {
    const world = await worldOf({ serving: (row) => (row < START + 20 ? BASELINE : TRAINED) });
    const session = await world.open();
    await world.run(session, START, START + 64);
    const rows = await rowsOf('feature_importance', world.timeline, 'as_of, feature desc');
    const days = [...new Set(rows.map(({ as_of: asOf }) => (asOf as Date).getTime()))];
    expect(days).toEqual([0, 20, 63].map((offset) => bars(world, START + offset).getTime()));
    expect(rows[0]).toMatchObject({ feature: 'ret_5', importance: 0, version: '0.1.0', repeats: 5, bars: 100 });
    expect(Math.abs(rows[1]!.importance as number)).toBeGreaterThan(0);
  });

  it('call a gap a warning at once', async () => {
    const gapped = plantedBars({ seed: 5, bars: 720 }).map((bar, row) =>
      row < 702 ? bar : { ...bar, eventTime: new Date(bar.eventTime.getTime() + 6 * 86_400_000) },
    );
    const world = await worldOf({ bars: gapped });
    const session = await world.open();
    await world.run(session, START, START + 3);
    expect(await rowsOf('alerts', world.timeline, 'monitor')).toMatchObject([
      { monitor: 'data_age', kind: 'WARNING', severity: 'low', state: 'firing', value: 7 },
    ]);
    await world.run(session, START + 3, START + 4);
    expect(await rowsOf('alerts', world.timeline, 'monitor')).toMatchObject([{ state: 'resolved' }]);
  });

  it('call an answer to a caller that is not the loop’s an error, until answers agree again', async () => {
    const world = await worldOf({ timeline: 'main', agent: buildAgent({ agent: 'asked', features: FEATURES }) });
    const session = await world.open();
    const skew = (): unknown => session.alarms().find(({ monitor }) => monitor === 'skew');
    await world.run(session, START, START + 1);
    expect(skew()).toBeUndefined();
    await answered(world, START, { loop: 'same', callers: ['same', 'other'] });
    await world.run(session, START + 1, START + 2);
    expect(skew()).toMatchObject({ phase: 'firing', value: 0.5 });
    const alerts = await rowsOf('alerts', 'main', 'monitor');
    expect(alerts.find(({ monitor }) => monitor === 'skew')).toMatchObject({
      kind: 'ERROR',
      severity: 'critical',
      message: expect.stringContaining('1 of 2'),
    });
    // Nobody asked about this bar: nothing new is known.
    await world.run(session, START + 2, START + 3);
    expect(skew()).toMatchObject({ phase: 'firing' });
    await answered(world, START + 2, { loop: 'same', callers: ['same'] });
    await world.run(session, START + 3, START + 4);
    expect(skew()).toMatchObject({ phase: 'ok', value: 0 });
    await execute(database.dataSource, `delete from predictions`);
  });

  it('miss the predictions of callers where there are callers', async () => {
    const monitors = monitorsOf({ volume: { sessions: 5 } });
    const world = await worldOf({ monitors, timeline: 'main' });
    const session = await world.open();
    await world.run(session, START, START + 1);
    expect(session.alarms().some(({ monitor }) => monitor === 'volume')).toBe(false);
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, inputs_sha256,
         output_names, outputs, latency_us)
       select gen_random_uuid(), day + part * interval '1 hour', 'main', 'test_agent', gen_random_uuid(), '0.1.0', 1, 1, 'live',
         '', '{}', '{}', 1
       from generate_series($1::timestamptz, $2::timestamptz, '1 day') as day, generate_series(1, 10) as part`,
      [known(world, START - 8), known(world, START + 1)],
    );
    await world.run(session, START + 1, START + 3);
    expect(session.alarms().find(({ monitor }) => monitor === 'volume')).toMatchObject({
      phase: 'ok',
      value: 10,
      limit: 5,
    });
    await world.run(session, START + 3, START + 4);
    expect(session.alarms().find(({ monitor }) => monitor === 'volume')).toMatchObject({ phase: 'firing', value: 0 });
    await execute(database.dataSource, `delete from predictions`);
  });

  it('keep and say nothing when told not to watch', async () => {
    const world = await worldOf({});
    const session = await world.open(false);
    await world.run(session, START, START + 3);
    expect(session.alarms()).toEqual([]);
    expect(await everything(world.timeline)).toEqual([[], [], [], [], []]);
    session.dispose();
  });
});
