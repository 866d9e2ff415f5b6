import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { createTestDatabase, buildAgent, buildBars, type TestDatabase } from '@tidemark/testing';
import { OutcomeRepository } from './outcome.repository.js';
import { OutcomeService } from './outcome.service.js';
import { PostgresPredictionSink } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import { buildRecord } from './testing/build-record.js';
import { FakeBars } from './testing/fake-bars.js';

const BARS = buildBars(40);
const AGENT = 'test_agent';
const agents = new AgentCatalog([{ agent: buildAgent(), file: 'a.yaml', yaml: '', hash: 'a' }]);
const day = (index: number): Date => BARS[index]!.eventTime;

describe('OutcomeService', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() => database.dataSource.query('truncate predictions, outcomes'));
  afterAll(() => database.close());

  const over = (bars: typeof BARS): OutcomeService =>
    new OutcomeService(
      database.dataSource,
      new OutcomeRepository(database.dataSource),
      new PredictionRepository(database.dataSource),
      agents,
      new FakeBars(bars),
    );
  const predictAt = (...indexes: number[]): Promise<void> =>
    new PostgresPredictionSink(database.dataSource).write(indexes.map((index) => buildRecord({ asOf: day(index) })));

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
});
