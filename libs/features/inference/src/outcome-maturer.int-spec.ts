import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentCatalog, loadConfig } from '@tidemark/config';
import { notify } from '@tidemark/database';
import { operationalError } from '@tidemark/kernel';
import { BARS_CHANNEL } from '@tidemark/market-data/read';
import { silentLogger } from '@tidemark/telemetry';
import { buildAgent, createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { OutcomeMaturer } from './outcome-maturer.js';
import type { OutcomeService } from './outcome.service.js';

const agents = new AgentCatalog(
  ['first', 'second'].map((agent) => ({ agent: buildAgent({ agent }), file: 'a.yaml', yaml: '', hash: agent })),
);

describe('OutcomeMaturer', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  const start = async (mature: (agent: string) => Promise<number>): Promise<OutcomeMaturer> => {
    const outcomes = { mature } as Partial<OutcomeService> as OutcomeService;
    const config = loadConfig({ DATABASE_URL: database.url });
    const maturer = new OutcomeMaturer(outcomes, agents, config, silentLogger());
    await maturer.onApplicationBootstrap();
    return maturer;
  };
  const tellOfBars = (): Promise<void> => notify(database.dataSource, BARS_CHANNEL, 'test_series');

  it('matures every agent when bars arrive, one agent’s failure aside', async () => {
    const asked: string[] = [];
    const maturer = await start(async (agent) => {
      asked.push(agent);
      if (agent === 'first') throw operationalError('DATABASE_UNAVAILABLE', 'the test has taken it away');
      return 1;
    });
    await tellOfBars();
    await eventually(() => asked.length === 2);
    expect(asked).toEqual(['first', 'second']);
    await maturer.beforeApplicationShutdown();
  });

  it('runs once more for bars that arrive during a run, and ends the run before it stops', async () => {
    let runs = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const maturer = await start(async (agent) => {
      if (agent === 'first') runs += 1;
      await gate;
      return 0;
    });
    await tellOfBars();
    await eventually(() => runs === 1);
    await tellOfBars();
    await tellOfBars();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(runs).toBe(1);
    open();
    await eventually(() => runs === 2);
    await maturer.beforeApplicationShutdown();
    expect(runs).toBe(2);
  });
});
