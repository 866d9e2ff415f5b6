import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog, loadConfig } from '@tidemark/config';
import { closeDataSource, openDataSource } from '@tidemark/database';
import { SystemClock } from '@tidemark/kernel';
import { silentLogger } from '@tidemark/telemetry';
import {
  buildAgent,
  buildBars,
  createTestDatabase,
  databaseProxy,
  eventually,
  type DatabaseProxy,
  type TestDatabase,
} from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { CachedBarReader } from './bar-reader.js';
import { BarRepository } from './bar.repository.js';
import { IngestService } from './ingest.service.js';

const BARS = buildBars(20, { start: '2020-01-01' });
const SERIES = 'test_series';
const agents = new AgentCatalog([{ agent: buildAgent(), file: 'a.yaml', yaml: '', hash: 'a' }]);

describe('CachedBarReader', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let dataSource: DataSource;
  let ingest: IngestService;
  let reads: number;
  let reader: CachedBarReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await databaseProxy(database.url);
  });
  beforeEach(async () => {
    await proxy.restore();
    await database.dataSource.query('truncate bars restart identity');
    dataSource = await openDataSource(proxy.url, { poolSize: 3 });
    ingest = new IngestService(database.dataSource, new BarRepository(database.dataSource), new SystemClock());
    reads = 0;
    const repository = new BarRepository(dataSource);
    const since = repository.since.bind(repository);
    repository.since = (...args) => {
      reads += 1;
      return since(...args);
    };
    const config = loadConfig({ DATABASE_URL: proxy.url });
    reader = new CachedBarReader(repository, agents, new SystemClock(), config, silentLogger());
  });
  afterEach(async () => {
    await reader.beforeApplicationShutdown();
    await closeDataSource(dataSource);
  });
  afterAll(async () => {
    await proxy.close();
    await database.close();
  });

  const store = (from: number, to: number) =>
    ingest.store(SERIES, BARS.slice(from, to), { source: 'csv:test', knownAfterHours: 24 });
  const rowsNow = async (): Promise<number> => (await reader.series(SERIES)).rows;

  it('has the agents’ bars from the start: the first caller waits for no read', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    expect(reads).toBe(1);
    expect((await reader.series(SERIES)).rows).toBe(10);
    expect(reads).toBe(1);
  });

  it('answers as of an instant from memory', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    expect((await reader.series(SERIES, new Date('2020-01-06T00:00:00Z'))).rows).toBe(5);
    expect(reads).toBe(1);
  });

  it('learns of new bars at once, and of restated ones', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    await store(10, 12);
    await eventually(async () => (await rowsNow()) === 12, { timeoutMs: 900 });
    await ingest.store(SERIES, [{ ...BARS[11]!, volume: 1 }], { source: 'csv:test' });
    await eventually(async () => (await reader.series(SERIES)).bars.at(-1) === 1, { timeoutMs: 900 });
    expect((await reader.series(SERIES, new Date('2020-02-01T00:00:00Z'))).rows).toBe(10);
  });

  it('gives with `fresh` what was committed before the call', async () => {
    await reader.onModuleInit();
    for (let count = 1; count <= 5; count += 1) {
      await store(count - 1, count);
      expect((await reader.fresh(SERIES)).rows).toBe(count);
    }
  });

  it('finds new bars by itself within a second when the notification was lost', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    await reader.beforeApplicationShutdown();
    await store(10, 11);
    await eventually(async () => (await rowsNow()) === 11, { timeoutMs: 3_000 });
  });

  it('answers from memory while the database is away, and catches up when it is back', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    proxy.cut();
    await store(10, 11);
    await eventually(async () => {
      const { rows } = await reader.series(SERIES);
      expect(rows).toBe(10);
      return reads > 1;
    });
    await expect(reader.fresh(SERIES)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await proxy.restore();
    await eventually(async () => (await rowsNow()) === 11);
  });

  it('does not let callers wait for a database that hangs', async () => {
    await store(0, 10);
    await reader.onModuleInit();
    proxy.hang();
    await eventually(async () => {
      const began = performance.now();
      expect(await rowsNow()).toBe(10);
      expect(performance.now() - began).toBeLessThan(500);
      return reads > 1;
    });
    const began = performance.now();
    for (let count = 0; count < 100; count += 1) await reader.series(SERIES);
    expect(performance.now() - began).toBeLessThan(500);
    await proxy.restore();
  });

  it('says so when it has never read a series and cannot', async () => {
    await reader.onModuleInit();
    proxy.cut();
    await expect(reader.series('other')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});
