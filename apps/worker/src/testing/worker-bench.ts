import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@tidemark/config';
import type { Agent, Job, JobState } from '@tidemark/contracts';
import { JobStore, migrateQueue } from '@tidemark/jobs';
import { SystemClock } from '@tidemark/kernel';
import { initNative } from '@tidemark/native';
import { createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { WorkerModule } from '../worker.module.js';

/** Long enough on a machine that is busy with other things. */
const WAIT = { timeoutMs: 60_000, intervalMs: 5 };

export interface WorkerBenchOptions {
  readonly agent: Pick<Agent, 'agent'> & Readonly<Record<string, unknown>>;
  /** What the workers reach the database by, when it is not the database itself. */
  readonly urlOf?: (databaseUrl: string) => Promise<string>;
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
}

/** Whole workers as they run, on a database and a queue of their own; leases of a second. */
export class WorkerBench {
  private readonly workers: INestApplicationContext[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly folder: string,
    /** Of a worker in a process of its own as well. */
    readonly environment: Readonly<Record<string, string>>,
    /** Not by way of `urlOf`. */
    readonly store: JobStore,
  ) {}

  static async create({ agent, urlOf, env }: WorkerBenchOptions): Promise<WorkerBench> {
    initNative();
    const database = await createTestDatabase();
    await migrateQueue(database.url);
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-worker-bench-'));
    mkdirSync(join(folder, 'agents'));
    // JSON is YAML.
    writeFileSync(join(folder, 'agents', `${agent.agent}.yaml`), JSON.stringify(agent));
    const environment = {
      DATABASE_URL: (await urlOf?.(database.url)) ?? database.url,
      TIDEMARK_DATA_DIR: join(folder, 'data'),
      TIDEMARK_AGENTS_DIR: join(folder, 'agents'),
      TIDEMARK_JOB_LEASE_SECONDS: '1',
      TIDEMARK_LOG_LEVEL: 'fatal',
      TIDEMARK_WORKER_HTTP_PORT: '0',
      ...env?.(folder),
    };
    const { jobs } = loadConfig(environment);
    return new WorkerBench(
      database,
      folder,
      environment,
      new JobStore(database.dataSource, new SystemClock(), { jobs }),
    );
  }

  async openWorker(): Promise<INestApplicationContext> {
    const module = WorkerModule.forConfig(loadConfig(this.environment));
    const worker = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    this.workers.push(worker);
    return worker;
  }

  async closeWorkers(): Promise<void> {
    for (const worker of this.workers.splice(0)) await worker.close();
  }

  /** The job once it is in one of the states. */
  async inState(id: string, ...states: JobState[]): Promise<Job> {
    return this.until(async () => {
      const job = await this.store.get(id);
      return states.includes(job.state) && job;
    });
  }

  /** What `look` finds as soon as it finds something. */
  async until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    return eventually(look, WAIT);
  }

  async close(): Promise<void> {
    await this.closeWorkers();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
