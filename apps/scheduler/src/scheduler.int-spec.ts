import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@tidemark/config';
import { selectRows } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { SteppedClock } from '@tidemark/kernel';
import { HealthServer } from '@tidemark/process';
import { createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { SchedulerModule } from './scheduler.module.js';

describe('the scheduler', () => {
  const clock = new SteppedClock(new Date('2026-03-02T12:00:00Z'));
  let database: TestDatabase;
  let dataDir: string;
  let schedulers: INestApplicationContext[];

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'tidemark-scheduler-'));
    const env = { DATABASE_URL: database.url, TIDEMARK_DATA_DIR: dataDir, TIDEMARK_LOG_LEVEL: 'fatal' };
    const config = loadConfig({ ...env, TIDEMARK_SCHEDULER_HTTP_PORT: '0' });
    const open = (): Promise<INestApplicationContext> =>
      NestFactory.createApplicationContext(SchedulerModule.forConfig(config, clock), { logger: false });
    schedulers = [await open(), await open()];
  });
  afterAll(async () => {
    for (const scheduler of schedulers) await scheduler.close();
    await database.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const prunes = (): Promise<unknown[]> =>
    selectRows(database.dataSource, `select state, payload from job_run where kind = 'prune' order by created_at`);
  const night = (day: string): unknown => ({ state: 'queued', payload: { slotAt: `2026-03-${day}T05:30:00.000Z` } });

  async function expectTicked(): Promise<void> {
    const seconds = String(clock.now().getTime() / 1000);
    for (const scheduler of schedulers) {
      await eventually(async () => {
        const text = await (await fetch(`http://127.0.0.1:${scheduler.get(HealthServer).port}/metrics`)).text();
        const line = text.split('\n').find((each) => each.startsWith('tidemark_last_success_timestamp_seconds'));
        return line?.endsWith(` ${seconds}`);
      });
    }
  }

  async function expectNights(...days: string[]): Promise<void> {
    await eventually(async () => (await prunes()).length === days.length);
    await expectTicked();
    expect(await prunes()).toEqual(days.map(night));
  }

  it('asks for one prune a night, however many of them run', async () => {
    await schedulers[0]!.get(JobStore, { strict: false }).start({ kind: 'ingest', agent: 'a', payload: {} });
    await expectTicked();
    expect(await prunes()).toEqual([]);
    clock.stepTo(new Date('2026-03-03T05:30:00Z'));
    await expectNights('03');
    clock.stepTo(new Date('2026-03-04T07:00:00Z'));
    await expectNights('03', '04');
  }, 30_000);
});
