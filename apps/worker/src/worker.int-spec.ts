import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@tidemark/config';
import { INSTALLATION, jobKindSchema, type Job, type JobKind } from '@tidemark/contracts';
import { JobHandlers, JobStore, migrateQueue } from '@tidemark/jobs';
import { HealthServer } from '@tidemark/process';
import { createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { WorkerModule } from './worker.module.js';

/** Jobs of an earlier version: listed where they ran, and run no more. */
const FORMER: readonly JobKind[] = ['walk'];

describe('the worker', () => {
  let database: TestDatabase;
  let dataDir: string;
  let app: INestApplicationContext | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrateQueue(database.url);
    dataDir = mkdtempSync(join(tmpdir(), 'tidemark-worker-'));
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(async () => {
    await database.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const environment = (): Record<string, string> => ({
    DATABASE_URL: database.url,
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_LOG_LEVEL: 'fatal',
    TIDEMARK_WORKER_HTTP_PORT: '0',
  });

  async function open(): Promise<{ worker: INestApplicationContext; url: string }> {
    const module = WorkerModule.forConfig(loadConfig(environment()));
    app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    return { worker: app, url: `http://127.0.0.1:${app.get(HealthServer).port}` };
  }

  it('has a handler for every kind of job', async () => {
    const { worker } = await open();
    const handlers = worker.get(JobHandlers);
    const kinds = jobKindSchema.options.filter((kind) => !FORMER.includes(kind));
    expect(kinds.map((kind) => handlers.forKind(kind).kind)).toEqual(kinds);
  });

  it('answers for its health and its metrics, and nothing else', async () => {
    const { url } = await open();
    const health = await fetch(`${url}/health`);
    expect([health.status, health.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await health.json()).toMatchObject({
      status: 'ok',
      parts: { database: { status: 'ok' } },
    });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toContain('tidemark_process_cpu_seconds_total');
    expect((await fetch(`${url}/jobs`)).status).toBe(404);
  });

  it('runs a job end to end and counts it', async () => {
    const { worker, url } = await open();
    const { id } = await worker.get(JobStore).start({
      kind: 'ingest',
      agent: 'market_insight',
      payload: { agent: 'market_insight' },
    });
    const job = await eventually(async (): Promise<Job | undefined> => {
      const found = await worker.get(JobStore).get(id);
      return found.state === 'succeeded' ? found : undefined;
    });
    expect(job.result).toMatchObject({ series: 'sp500', inserted: 5_105, restated: 0 });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('tidemark_jobs_total{kind="ingest",state="succeeded"} 1');
    expect(text).toMatch(/tidemark_last_success_timestamp_seconds\{job="ingest"\} \d/);
  });

  it('prunes: says what it deleted, keeps what the settings keep, and tells when it last could', async () => {
    const { worker, url } = await open();
    const store = worker.get(JobStore);
    const { id } = await store.start({ kind: 'prune', agent: INSTALLATION, payload: {} });
    const job = await eventually(async (): Promise<Job | undefined> => {
      const found = await store.get(id);
      return found.state === 'succeeded' ? found : undefined;
    });
    expect(job).toMatchObject({
      kind: 'prune',
      agent: INSTALLATION,
      result: { retention: { keepPredictionsDays: 0, keepFitsDays: 90 }, predictions: 0, artifacts: 0, fits: 0 },
    });
    const lines = (await store.logs(id, { limit: 10 })).items.map(({ message }) => message);
    expect(lines).toContain('Deleted 0 artifacts that nothing names (0 bytes).');
    expect(lines).toContain('Deleted 0 cached fits (unused for 90 days); the next prune takes their files.');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/tidemark_last_success_timestamp_seconds\{job="prune"\} \d/);
  });

  it('closes its port when it stops', async () => {
    const { worker, url } = await open();
    await worker.close();
    app = undefined;
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });

  it('ends with a status when its port is taken, and does not stay half started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const main = resolve(import.meta.dirname, 'main.js');
    const env = { ...environment(), TIDEMARK_WORKER_HTTP_PORT: String(port) };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'exit')) as [number | null];
    other.close();
    expect(code).not.toBe(0);
    expect(code).not.toBeNull();
    expect(output).toContain('EADDRINUSE');
  }, 20_000);
});
