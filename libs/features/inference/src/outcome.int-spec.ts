import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { inUnitOfWork } from '@tidemark/database';
import { inWorld } from '@tidemark/kernel';
import { createTestDatabase, buildAgent, buildBars, stepClock, type TestDatabase } from '@tidemark/testing';
import { OutcomeRepository } from './outcome.repository.js';
import { OutcomeService } from './outcome.service.js';
import { PostgresPredictionSink } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import { buildRecord } from './testing/build-record.js';
import { FakeBars } from './testing/fake-bars.js';
import { FakeTimelines } from './testing/fake-timelines.js';

const BARS = buildBars(40);
const AGENT = 'test_agent';
const DAY_MS = 86_400_000;
const agents = new AgentCatalog([{ agent: buildAgent(), file: 'a.yaml', yaml: '', hash: 'a' }]);
const day = (index: number): Date => BARS[index]!.eventTime;

describe('OutcomeService', () => {
  let database: TestDatabase;
  let timelines: FakeTimelines;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    timelines = new FakeTimelines();
    await database.dataSource.query('truncate predictions, outcomes');
    await database.dataSource.query(`insert into timelines values ('replay-1', now()) on conflict do nothing`);
  });
  afterAll(() => database.close());

  const over = (bars: typeof BARS): OutcomeService =>
    new OutcomeService(
      database.dataSource,
      new OutcomeRepository(database.dataSource),
      new PredictionRepository(database.dataSource),
      agents,
      new FakeBars(bars),
      timelines,
    );
  const predictAt = (...indexes: number[]): Promise<void> =>
    new PostgresPredictionSink(database.dataSource).write(indexes.map((index) => buildRecord({ asOf: day(index) })));
  const loopAt = (timeline: string, ...indexes: number[]): Promise<void> =>
    new PostgresPredictionSink(database.dataSource).write(
      indexes.map((index) => buildRecord({ asOf: day(index), mode: 'loop', timeline })),
    );
  const at = <T>(index: number, work: () => T, timeline = 'replay-1'): T =>
    inWorld({ timeline, clock: stepClock(new Date(day(index).getTime() + DAY_MS)) }, work);

  it('has nothing to mature without predictions or without bars', async () => {
    expect(await over(BARS).mature(AGENT)).toBe(0);
    await predictAt(3);
    expect(await over([]).mature(AGENT)).toBe(0);
  });

  it('matures each event time once, however often it was predicted', async () => {
    await predictAt(3, 3, 4);
    expect(await over(BARS.slice(0, 10)).mature(AGENT)).toBe(1);
    expect(await over(BARS.slice(0, 11)).mature(AGENT)).toBe(1);
    expect(await over(BARS).mature(AGENT)).toBe(0);
    const outcomes = await over(BARS).latest(AGENT, day(0), day(39));
    expect(outcomes.map(({ asOf, revision }) => [asOf, revision])).toEqual([
      [day(3).toISOString(), 1],
      [day(4).toISOString(), 1],
    ]);
  });

  it('shows the last revision after a correction', async () => {
    await predictAt(3);
    await over(BARS).mature(AGENT);
    const [before] = await over(BARS).latest(AGENT, day(3), day(3));
    const close = before!.value === 1 ? BARS[4]!.close / 2 : BARS[4]!.close * 2;
    const corrected = BARS.map((bar, index) =>
      index === 9 ? { ...bar, close, low: Math.min(bar.low, close), high: Math.max(bar.high, close) } : bar,
    );
    expect(await over(corrected).mature(AGENT)).toBe(1);
    const [after] = await over(corrected).latest(AGENT, day(3), day(3));
    expect(after).toMatchObject({ revision: 2, value: 1 - before!.value, agent: AGENT, timeline: 'main' });
  });

  it('lets two processes mature at once without a duplicate', async () => {
    await predictAt(...Array.from({ length: 20 }, (_, index) => index));
    const added = await Promise.all(Array.from({ length: 4 }, () => over(BARS).mature(AGENT)));
    expect(added.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await over(BARS).latest(AGENT, day(0), day(39))).toHaveLength(20);
  });

  it('pages by event time', async () => {
    await predictAt(1, 2, 3, 4, 5);
    await over(BARS).mature(AGENT);
    const repository = new OutcomeRepository(database.dataSource);
    const first = await repository.page({ agent: AGENT, limit: 2 });
    expect(first).toHaveLength(3);
    const rest = await repository.page({ agent: AGENT, after: new Date(first[1]!.asOf), to: day(5), limit: 10 });
    expect(rest.map(({ asOf }) => asOf)).toEqual([day(3), day(4)].map((time) => time.toISOString()));
  });

  it('matures of the loop what is known in its world, each outcome once, in order', async () => {
    await loopAt('replay-1', 5, 3, 4);
    const service = over(BARS);
    const matured = (index: number, from = 0) => at(index, () => service.matureRecent(AGENT, day(from)));
    expect(await matured(8)).toEqual([]);
    expect((await matured(10)).map(({ asOf, revision }) => [asOf, revision])).toEqual([
      [day(3), 1],
      [day(4), 1],
    ]);
    expect((await matured(12)).map(({ asOf }) => asOf)).toEqual([day(5)]);
    expect(await matured(39)).toEqual([]);
    expect(await service.latest(AGENT, day(0), day(39), 'replay-1')).toHaveLength(3);
    expect(await service.latest(AGENT, day(0), day(39))).toEqual([]);
  });

  it('matures of the loop the values that the whole series gives, and looks no further back than told', async () => {
    const all = Array.from({ length: 30 }, (_, index) => index);
    await loopAt('replay-1', ...all);
    await predictAt(...all);
    const service = over(BARS);
    await service.mature(AGENT);
    const recent = await at(39, () => service.matureRecent(AGENT, day(20)));
    const whole = await service.latest(AGENT, day(20), day(39), 'main');
    expect(recent.map(({ asOf, value }) => [asOf.toISOString(), value])).toEqual(
      whole.map(({ asOf, value }) => [asOf, value]),
    );
  });

  it('gives a corrected outcome of the loop as a further revision, and forgets what is rolled back', async () => {
    await loopAt('replay-1', 3);
    const [before] = await at(20, () => over(BARS).matureRecent(AGENT, day(0)));
    const close = before!.value === 1 ? BARS[4]!.close / 2 : BARS[4]!.close * 2;
    const corrected = BARS.map((bar, index) =>
      index === 9 ? { ...bar, close, low: Math.min(bar.low, close), high: Math.max(bar.high, close) } : bar,
    );
    const correct = () => at(20, () => over(corrected).matureRecent(AGENT, day(0)));
    const fails = inUnitOfWork(database.dataSource, {}, async () => {
      expect(await correct()).toHaveLength(1);
      throw new Error('rolled back');
    });
    await expect(fails).rejects.toThrow('rolled back');
    expect(await correct()).toEqual([{ asOf: day(3), value: 1 - before!.value, revision: 2 }]);
  });

  it('leaves to the loop what it has predicted, or will', async () => {
    timelines.loops = [{ agent: AGENT, state: 'ready', policy: 'default', seenBar: day(4).toISOString() }];
    await loopAt('main', 4);
    await predictAt(3, 4, 5);
    expect(await over(BARS).mature(AGENT)).toBe(1);
    expect((await at(39, () => over(BARS).matureRecent(AGENT, day(0)), 'main')).map(({ asOf }) => asOf)).toEqual([
      day(4),
    ]);
    await loopAt('main', 5);
    expect(await at(39, () => over(BARS).matureRecent(AGENT, day(0)), 'main')).toHaveLength(1);
  });
});
