import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { APP_CONFIG, loadConfig, type AppConfig } from '@tidemark/config';
import { DATA_SOURCE, DatabaseModule } from '@tidemark/database';
import { CLOCK, SystemClock } from '@tidemark/kernel';
import { createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { TelemetryModule } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { JobHandlers, type JobContext } from './job-handler.js';
import { JobStore } from './job-store.js';
import { JobsWorkerModule } from './jobs-worker.module.js';
import { migrateQueue } from './postgres-backend.js';
import { TRAIN } from './testing/set-up.js';

/** What a feature's job entry does. */
@Module({})
class EchoJobs implements OnModuleInit {
  constructor(@Inject(JobHandlers) private readonly handlers: JobHandlers) {}

  onModuleInit(): void {
    this.handlers.register({ kind: 'train', run: async ({ job }: JobContext) => ({ echo: job.payload }) });
  }
}

let config: AppConfig;

@Global()
@Module({
  providers: [
    { provide: APP_CONFIG, useFactory: () => config },
    { provide: CLOCK, useClass: SystemClock },
  ],
  exports: [APP_CONFIG, CLOCK],
})
class TestConfig {}

@Module({
  imports: [TestConfig, DatabaseModule, TelemetryModule.forProcess('worker'), JobsWorkerModule, EchoJobs],
})
class Worker {}

describe('JobsWorkerModule', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrateQueue(database.url);
  });
  afterAll(() => database.close());

  const configure = (databaseUrl: string): void => {
    config = loadConfig({ DATABASE_URL: databaseUrl, TIDEMARK_LOG_LEVEL: 'fatal' });
  };

  it('starts a worker that runs registered handlers, and closes everything in order', async () => {
    configure(database.url);
    const application = await NestFactory.createApplicationContext(Worker, { logger: false });
    const store = application.get(JobStore);
    const { id } = await store.start(TRAIN);
    const job = await eventually(async () => {
      const found = await store.get(id);
      return found.state === 'succeeded' ? found : undefined;
    });
    expect(job.result).toEqual({ echo: TRAIN.payload });
    const dataSource = application.get<DataSource>(DATA_SOURCE);
    await application.close();
    expect(dataSource.isInitialized).toBe(false);
  });

  it('refuses a database whose schema is not there, before it takes any job', async () => {
    const bare = await createTestDatabase({ migrated: false });
    configure(bare.url);
    try {
      const start = NestFactory.createApplicationContext(Worker, { logger: false, abortOnError: false });
      await expect(start).rejects.toMatchObject({ code: 'DATABASE_SCHEMA_OUTDATED' });
    } finally {
      await bare.close();
    }
  });
});
