import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import type { Job, Reconciliation } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { ARTIFACT_SCORER } from '@tidemark/inference/read';
import { SystemClock, inWorld, operationalError } from '@tidemark/kernel';
import { IngestService } from '@tidemark/market-data';
import { BAR_ARCHIVE } from '@tidemark/market-data/read';
import { CONTROLS, DECISION_AUDIT, type ControlReader } from '@tidemark/policy/read';
import { VERSION_CATALOG } from '@tidemark/registry/read';
import { replayJob } from '@tidemark/replay/read';
import { SMALL_VALIDATION, databaseProxy, plantedBars, type DatabaseProxy } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { WorkerBench } from './testing/worker-bench.js';

const NAME = 'checked';
const TIMELINE = 'past';
/** Bars from 2000-01-01 on, one a day, each known a day later; the loop begins at bar 1,096. */
const BARS = plantedBars({ seed: 2, bars: 1_140 });
const SPAN = { from: '2003-01-01', to: '2003-02-10' } as const;
const TEST_MS = 120_000;

type Ask = (...parameters: unknown[]) => Promise<unknown>;

/** What does not answer says nothing about what was logged. */
describe('a reconciliation during an outage', () => {
  let bench: WorkerBench;
  let proxy: DatabaseProxy;
  let worker: INestApplicationContext;

  /** Lets an outage befall one call of a service's method: `ask` is that call. Returns how many calls there were. */
  function during(
    token: symbol,
    method: string,
    outage: (ask: () => Promise<unknown>) => Promise<unknown>,
  ): () => number {
    const service = worker.get<Record<string, Ask>>(token);
    const real = service[method]!.bind(service);
    let calls = 0;
    service[method] = (...parameters) => {
      calls += 1;
      return calls === 1 ? outage(() => real(...parameters)) : real(...parameters);
    };
    return () => calls;
  }

  /** Postgres cannot be reached while the question is asked, and can again once it has failed. */
  async function cut(ask: () => Promise<unknown>): Promise<unknown> {
    proxy.cut();
    try {
      return await ask();
    } finally {
      await proxy.restore();
    }
  }

  const unreadable = (): Promise<never> =>
    Promise.reject(operationalError('ARTIFACT_STORE_UNAVAILABLE', 'The artifact folder refused.'));

  async function reconcile(day: string): Promise<{ failed: Job; done: Job }> {
    const payload = { agent: NAME, timeline: TIMELINE, day };
    const { id } = await bench.store.start({ kind: 'reconcile', agent: NAME, payload });
    const failed = await bench.until(async () => {
      const job = await bench.store.get(id);
      return (job.error !== undefined || job.state === 'succeeded') && job;
    });
    await expectNothingHeld();
    return { failed, done: await bench.inState(id, 'succeeded', 'failed') };
  }

  /** No day differs, no promotion is held back, no alert was ever raised. */
  async function expectNothingHeld(): Promise<void> {
    const { dataSource } = bench.database;
    expect(await selectRows(dataSource, `select day from reconciliations where state <> 'ok'`)).toEqual([]);
    expect(await selectRows(dataSource, `select id from alerts where subject = 'reconciliation'`)).toEqual([]);
    const world = { timeline: TIMELINE, clock: new SystemClock() };
    const { blocked } = await inWorld(world, () => worker.get<ControlReader>(CONTROLS).of(NAME));
    expect(blocked).toBeUndefined();
  }

  beforeAll(async () => {
    bench = await WorkerBench.create({
      agent: plantedAgent(NAME, { validation: SMALL_VALIDATION }),
      urlOf: async (url) => {
        proxy = await databaseProxy(url);
        return proxy.url;
      },
    });
    worker = await bench.openWorker();
    await worker.get(IngestService).store(NAME, BARS, { source: 'test', knownAfterHours: 24 });
    const { id } = await bench.store.start(replayJob({ agent: NAME, timeline: TIMELINE, purpose: 'replay', ...SPAN }));
    expect(await bench.inState(id, 'succeeded', 'failed')).toMatchObject({ state: 'succeeded', result: { bars: 41 } });
  }, TEST_MS);
  afterAll(async () => {
    await bench.close();
    await proxy.close();
  });

  it.each([
    ['the registry does not answer', VERSION_CATALOG, 'version', cut, 'DATABASE_UNAVAILABLE', '2003-02-01'],
    ['the decisions cannot be read', DECISION_AUDIT, 'verify', cut, 'DATABASE_UNAVAILABLE', '2003-02-02'],
    ['the bars cannot be read', BAR_ARCHIVE, 'read', cut, 'DATABASE_UNAVAILABLE', '2003-02-03'],
    [
      'an artifact cannot be read',
      ARTIFACT_SCORER,
      'inputRows',
      unreadable,
      'ARTIFACT_STORE_UNAVAILABLE',
      '2003-02-04',
    ],
  ])(
    'fails when %s, to be tried again, holds nothing against the log, and then finds no difference',
    async (_what, token, method, outage, code, day) => {
      const calls = during(token, method, outage);
      const { failed, done } = await reconcile(day);
      expect(failed).toMatchObject({ state: 'queued', attempt: 1, error: { code } });
      expect(done).toMatchObject({ state: 'succeeded', attempt: 2 });
      const { state, differences, checked } = done.result as unknown as Reconciliation;
      expect({ state, differences }).toEqual({ state: 'ok', differences: 0 });
      expect(checked).toMatchObject({ predictions: 1, decisions: 1 });
      expect(calls()).toBeGreaterThan(1);
      await expectNothingHeld();
    },
    TEST_MS,
  );
});
