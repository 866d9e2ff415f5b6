import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SteppedClock } from '@tidemark/kernel';
import { silentLogger } from '@tidemark/telemetry';
import { createTestDatabase, databaseProxy, stepClock, type TestDatabase } from '@tidemark/testing';
import { closeDataSource, openDataSource } from '@tidemark/database';
import type { VersionCatalog } from '@tidemark/registry/read';
import type { DataSource } from 'typeorm';
import type { ProcessKind } from '@tidemark/process';
import { ProcessStatusService } from './process-status.js';
import type { ServedModels, ServingState } from './served-models.js';

describe('ProcessStatusService', () => {
  let database: TestDatabase;
  let clock: SteppedClock;
  let generations: Map<string, number>;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    await database.dataSource.query('truncate process_status');
    clock = stepClock();
    generations = new Map();
  });
  afterAll(() => database.close());

  const start = async (kind: ProcessKind, serving: ServingState[], on: DataSource = database.dataSource) => {
    const models = { state: () => serving } as Partial<ServedModels> as ServedModels;
    const catalog = { generations: async () => generations } as Partial<VersionCatalog> as VersionCatalog;
    const service = new ProcessStatusService(on, models, catalog, kind, clock, silentLogger());
    await service.onApplicationBootstrap();
    return service;
  };
  const serves = (version: string, generation: number): ServingState => ({
    agent: 'test_agent',
    version,
    generation,
    registryGeneration: generation,
  });

  it('shows what each process serves and how far it is behind the registry as it is now', async () => {
    const api = await start('api', [serves('1.0.0', 2)]);
    const worker = await start('worker', [serves('1.1.0', 3)]);
    generations.set('test_agent', 3);
    const [first, second] = await api.list();
    expect(first).toMatchObject({
      kind: 'api',
      pid: process.pid,
      alive: true,
      serving: [{ version: '1.0.0', generation: 2, registryGeneration: 3, lag: 1 }],
    });
    expect(second).toMatchObject({ kind: 'worker', serving: [{ generation: 3, lag: 0 }] });
    await Promise.all([api.beforeApplicationShutdown(), worker.beforeApplicationShutdown()]);
  });

  it('removes itself on shutdown, and shows a process that was killed as gone', async () => {
    const killed = await start('worker', []);
    clock.stepTo(new Date(clock.now().getTime() + 20_000));
    const api = await start('api', []);
    expect((await api.list()).map(({ kind, alive }) => [kind, alive])).toEqual([
      ['api', true],
      ['worker', false],
    ]);
    clock.stepTo(new Date(clock.now().getTime() + 2 * 3_600_000));
    await api.beforeApplicationShutdown();
    const later = await start('api', []);
    expect((await later.list()).map(({ kind }) => kind)).toEqual(['api']);
    await later.beforeApplicationShutdown();
    await killed.beforeApplicationShutdown();
    expect(await later.list()).toEqual([]);
  });

  it('neither fails to start nor to stop while the database is away', async () => {
    const proxy = await databaseProxy(database.url);
    const dataSource = await openDataSource(proxy.url, { poolSize: 1 });
    proxy.cut();
    const api = await start('api', [], dataSource);
    await api.beforeApplicationShutdown();
    await closeDataSource(dataSource);
    await proxy.close();
  });
});
