import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema, type Decision, type Reconciliation } from '@tidemark/contracts';
import { execute, selectOne, selectRows } from '@tidemark/database';
import { SteppedClock, inWorld } from '@tidemark/kernel';
import { IngestService } from '@tidemark/market-data';
import { CONTROLS, canonicalJson, type ControlReader } from '@tidemark/policy/read';
import { ReconciliationService } from '@tidemark/reconciliation';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { createHash } from 'node:crypto';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAME = 'checked';
const TIMELINE = 'past';
/** Bars from 2000-01-01 on, one a day, each known a day later; the loop begins at bar 1,096. */
const BARS = plantedBars({ seed: 2, bars: 1_200 });
const SPAN = { from: '2003-01-01', to: '2003-04-13' } as const;
/** On it the bar of the day before became known. */
const DAY = '2003-03-20';
const BAR = new Date('2003-03-19T00:00:00Z');
const DAY_MS = 86_400_000;

describe('reconciliation', () => {
  let bench: ReplayBench;

  const sql = (text: string, parameters: readonly unknown[] = []): Promise<number> =>
    execute(bench.database.dataSource, text, parameters);
  const reconcile = (day: string = DAY, bars?: number): Promise<Reconciliation> =>
    bench.app.get(ReconciliationService).reconcile({ agent: NAME, timeline: TIMELINE, day, bars });
  const explain = (day: string, note: string): Promise<Reconciliation> =>
    bench.app.get(ReconciliationService).explain({ agent: NAME, timeline: TIMELINE, day, note }, 'desk');

  /** Plants a fault, looks, and takes it away again. */
  async function withFault(fault: string, undo: string, parameters: readonly unknown[]): Promise<Reconciliation> {
    expect(await sql(fault, parameters)).toBeGreaterThan(0);
    try {
      return await reconcile();
    } finally {
      await sql(undo, parameters);
    }
  }

  beforeAll(async () => {
    const policy = policySchema.parse({
      name: 'often',
      triggers: [{ kind: 'calendar', everyBars: 40 }],
      minGapBars: 20,
      gates: { newRecipe: 'none', refit: 'none' },
    });
    const monitors = { loss: { windowBars: 63, minBars: 30 } };
    bench = await ReplayBench.open([plantedAgent(NAME, { validation: SMALL_VALIDATION, monitors })]);
    await bench.app.get(IngestService).store(NAME, BARS, { source: 'test', knownAfterHours: 24 });
    await bench.replay({ agent: NAME, timeline: TIMELINE, ...SPAN, policy });
  }, 120_000);
  afterAll(() => bench.close());

  it('rebuilds a day bit for bit: predictions, outcomes, monitors, decisions', async () => {
    const { state, firstDifference, checked } = await reconcile();
    expect({ state, firstDifference }).toEqual({ state: 'ok', firstDifference: undefined });
    expect(checked).toMatchObject({ bars: 1_200, predictions: 1, outcomes: 1, decisions: 1, damagedBars: [] });
    expect(checked.monitors).toBeGreaterThanOrEqual(12);
  });

  it('rebuilds everything the loop did, across trainings and promotions', async () => {
    const { state, firstDifference, checked } = await reconcile('2003-04-14', 250);
    expect({ state, firstDifference }).toEqual({ state: 'ok', firstDifference: undefined });
    expect(checked.predictions).toBe(103);
    expect(checked.decisions).toBeGreaterThan(103);
  });

  it('finds a bar overwritten in place', async () => {
    const key = [NAME, BARS[1_150]!.eventTime];
    const found = await withFault(
      'update bars set close = close * 1.01, high = greatest(high, close * 1.01) where series = $1 and event_time = $2',
      `update bars set high = (as_ingested ->> 2)::float8, close = (as_ingested ->> 4)::float8 where series = $1 and event_time = $2`,
      key,
    );
    expect(found).toMatchObject({
      state: 'differs',
      firstDifference: { table: 'bars', logged: expect.anything(), cause: 'bar overwritten in place' },
    });
  });

  it('finds it by the predictions alone, where the record of its arrival was overwritten too', async () => {
    const found = await withFault(
      `update bars set volume = volume * 7, as_ingested = jsonb_set(as_ingested, '{5}', to_jsonb(volume * 7))
       where series = $1 and event_time = $2`,
      `update bars set volume = volume / 7, as_ingested = jsonb_set(as_ingested, '{5}', to_jsonb(volume / 7))
       where series = $1 and event_time = $2`,
      [NAME, BAR],
    );
    expect(found.firstDifference).toMatchObject({ table: expect.stringMatching(/predictions|drift_metrics/) });
  });

  it('finds a known-at that was backdated', async () => {
    const found = await withFault(
      `update bars set known_at = known_at - interval '3 hours' where series = $1 and event_time = $2`,
      `update bars set known_at = known_at + interval '3 hours' where series = $1 and event_time = $2`,
      [NAME, BAR],
    );
    expect(found.firstDifference).toMatchObject({
      table: 'bars',
      column: 'known_at',
      logged: '2003-03-20T00:00:00.000Z',
      rebuilt: '2003-03-19T21:00:00.000Z',
      cause: 'known-at backdated',
    });
  });

  it('finds a correction that claims to have been known before it came', async () => {
    const found = await withFault(
      `insert into bars (series, event_time, known_at, open, high, low, close, volume, source)
       select series, event_time, known_at + interval '1 hour', open, high * 2, low, close * 1.03, volume, 'by hand'
       from bars where series = $1 and event_time = $2 returning row_id`,
      `delete from bars where series = $1 and event_time = $2 and source = 'by hand'`,
      [NAME, BARS[1_170]!.eventTime],
    );
    expect(found.firstDifference).toMatchObject({ table: 'bars', column: 'known_at', cause: 'known-at backdated' });
    expect(found.restatements).toEqual([]);
  });

  it('finds swapped features in the log', async () => {
    const swap = `update predictions set inputs = array[inputs[2], inputs[1]] || inputs[3:] where agent = $1 and as_of = $2`;
    const found = await withFault(swap, swap, [NAME, BAR]);
    const { firstDifference } = found;
    expect(firstDifference).toMatchObject({ table: 'predictions', cause: 'inputs differ' });
    expect(firstDifference!.column).toMatch(/^inputs\./);
    expect(firstDifference!.key).toMatchObject({ as_of: BAR.toISOString() });
  });

  it('finds a prediction whose time does not agree with the bar it knew', async () => {
    const found = await withFault(
      `update predictions set at = at - interval '2 hours' where agent = $1 and as_of = $2`,
      `update predictions set at = at + interval '2 hours' where agent = $1 and as_of = $2`,
      [NAME, BAR],
    );
    expect(found.firstDifference).toMatchObject({ table: 'predictions', column: 'at', cause: 'clock' });
  });

  it('finds a decision at a time that was no slot', async () => {
    const found = await withFault(
      `update decisions set slot_at = slot_at + interval '90 minutes' where agent = $1 and kind = 'slot' and as_of = $2`,
      `update decisions set slot_at = slot_at - interval '90 minutes' where agent = $1 and kind = 'slot' and as_of = $2`,
      [NAME, BAR],
    );
    expect(found.firstDifference).toMatchObject({ table: 'decisions', column: 'slot_at', cause: 'clock' });
  });

  it.each([
    ['its alarms', `'{alarms,0,value}', '0.123'`, /context\.alarms/],
    ['what served', `'{serving,version}', '"9.9.9"'`, /context\.serving\.version/],
    ['the bars it counts', `'{bars,sinceStart}', '9999'`, /context\.bars\.sinceStart/],
    ['the policy', `'{policy,name}', '"other"'`, /context/],
  ])('finds a context that was tampered with: %s', async (_what, change, column) => {
    const row = await selectOne<{ id: string; context: object; context_sha256: string }>(
      bench.database.dataSource,
      `select id, context, context_sha256 from decisions where agent = $1 and kind = 'slot' and as_of = $2`,
      [NAME, BAR],
    );
    await sql(`update decisions set context = jsonb_set(context, ${change}) where id = $1`, [row!.id]);
    const tampered = await selectOne<{ context: object }>(
      bench.database.dataSource,
      'select context from decisions where id = $1',
      [row!.id],
    );
    // Hashed anew, so that the context by itself is in order.
    const sha256 = createHash('sha256').update(canonicalJson(tampered!.context)).digest('hex');
    await sql('update decisions set context_sha256 = $2 where id = $1', [row!.id, sha256]);
    const found = await reconcile();
    await sql('update decisions set context = $2, context_sha256 = $3 where id = $1', [
      row!.id,
      JSON.stringify(row!.context),
      row!.context_sha256,
    ]);
    expect(found.firstDifference).toMatchObject({ table: 'decisions', cause: 'context tampered' });
    expect(found.firstDifference!.column).toMatch(column);
  });

  it('finds figures of monitors, outcomes and outputs that the bars do not lead to', async () => {
    const cells = [
      ['drift_metrics', 'pairs', 'pairs + 1', 'pairs - 1', `as_of = $2 and monitor = 'features' and subject = 'ret_5'`],
      ['model_performance_history', 'bars', 'bars + 1', 'bars - 1', `as_of = $2 and monitor = 'loss'`],
      ['outcomes', 'value', '1 - value', '1 - value', `known_at = $2::timestamptz + interval '1 day'`],
      ['outcomes', 'value', 'value + 3', 'value - 3', `known_at = $2::timestamptz + interval '1 day'`],
      ['predictions', 'outputs[1]', 'outputs[1] / 2', 'outputs[1] * 2', 'as_of = $2'],
    ] as const;
    for (const [table, column, change, undo, where] of cells) {
      const found = await withFault(
        `update ${table} set ${column} = ${change} where agent = $1 and ${where}`,
        `update ${table} set ${column} = ${undo} where agent = $1 and ${where}`,
        [NAME, BAR],
      );
      const named = column === 'outputs[1]' ? 'outputs.probability' : column;
      expect(found.firstDifference).toMatchObject({ table, column: named, cause: 'log changed' });
    }
    expect(await reconcile()).toMatchObject({ state: 'ok' });
  });

  it('checks what callers asked for on stored bars, and leaves out what they supplied themselves', async () => {
    const copy = (asOf: string, inputs: string): Promise<number> =>
      sql(
        `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of, inputs,
           inputs_sha256, output_names, outputs, latency_us)
         select gen_random_uuid(), at + interval '10 hours', timeline_id, agent, version_id, version, sequence, generation,
           'live', ${asOf}, ${inputs}, inputs_sha256, output_names, outputs, 1
         from predictions where agent = $1 and as_of = $2 and mode = 'loop' returning id`,
        [NAME, BAR],
      );
    await copy('as_of', 'inputs');
    await copy('null', 'inputs');
    expect(await reconcile()).toMatchObject({ state: 'ok', checked: { callers: 1, callerSupplied: 1 } });
    await copy(`as_of - interval '1 day'`, 'inputs');
    const { firstDifference } = await reconcile();
    await sql(`delete from predictions where agent = $1 and mode = 'live'`, [NAME]);
    expect(firstDifference).toMatchObject({ table: 'predictions', key: { mode: 'live' }, cause: 'inputs differ' });
  });

  it('lists an honest restatement with what it would have changed, and holds nothing against it', async () => {
    const bar = BARS[1_173]!;
    expect(bar.eventTime).toEqual(BAR);
    await bench.post(NAME, { ...bar, high: bar.high * 1.1, close: bar.close * 1.05 }, new Date('2003-06-01T12:00:00Z'));
    const { state, restatements } = await reconcile();
    expect(state).toBe('ok');
    expect(restatements).toHaveLength(1);
    const [{ prediction, changes, knownAt }] = restatements as [Reconciliation['restatements'][number]];
    expect(knownAt).toBe('2003-06-01T12:00:00.000Z');
    expect(changes['close']).toEqual({ before: bar.close, after: bar.close * 1.05 });
    expect(prediction).toMatchObject({ asOf: BAR.toISOString() });
    expect(Object.keys(prediction!.restated)).toEqual(Object.keys(prediction!.logged));
    expect(await reconcile('2003-06-01')).toMatchObject({
      state: 'ok',
      restatements: [{ eventTime: BAR.toISOString() }],
    });
  });

  it('holds back promotions, under an alert, until a person has explained the difference', async () => {
    const controls = async (): Promise<string | undefined> => {
      const world = { timeline: TIMELINE, clock: new SteppedClock(new Date('2003-06-02T00:00:00Z')) };
      return (await inWorld(world, () => bench.app.get<ControlReader>(CONTROLS).of(NAME))).blocked;
    };
    const firing = (): Promise<unknown[]> =>
      selectRows(
        bench.database.dataSource,
        `select kind, severity from alerts where agent = $1 and subject = 'reconciliation' and state = 'firing'`,
        [NAME],
      );
    expect(await controls()).toBeUndefined();
    const at = new Date(BAR.getTime() - DAY_MS);
    await sql('update bars set volume = volume + 1 where series = $1 and event_time = $2', [NAME, at]);
    expect(await reconcile()).toMatchObject({ state: 'differs' });
    expect(await controls()).toBe(`${DAY}: bar overwritten in place in bars`);
    expect(await firing()).toEqual([{ kind: 'ERROR', severity: 'critical' }]);
    await expect(explain('2003-03-01', 'nothing there')).rejects.toMatchObject({ code: 'RECONCILIATION_UNKNOWN' });
    expect(await explain(DAY, 'volume mended by the vendor desk')).toMatchObject({
      state: 'explained',
      explainedBy: 'desk',
    });
    expect(await controls()).toBeUndefined();
    expect(await firing()).toEqual([]);
    // It is known by then: the same bar is not told of again.
    expect((await reconcile('2003-03-10')).state).toBe('ok');
  });

  it('refuses a day that is not over', async () => {
    await expect(reconcile('2999-01-01')).rejects.toMatchObject({ code: 'RECONCILE_DAY_OPEN' });
  });

  it('runs as a job', async () => {
    const job = await bench.app
      .get(ReconciliationService)
      .start({ agent: NAME, timeline: TIMELINE, day: '2003-03-11' });
    const done = await bench.attempt(job.id, 1);
    expect(done).toMatchObject({ kind: 'reconcile', state: 'succeeded', result: { agent: NAME, day: '2003-03-11' } });
    expect((done.result as Partial<Decision>).timeline).toBe(TIMELINE);
  });
});
