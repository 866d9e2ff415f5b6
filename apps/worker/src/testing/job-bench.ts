import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { JobKind } from '@tidemark/contracts';
import { JobStore, type FollowUp } from '@tidemark/jobs';
import type { TestDatabase } from '@tidemark/testing';
import { BenchApp, type BenchOptions } from './bench-app.js';
import type { RecordingContext } from './recording-context.js';

export interface BenchJob {
  readonly kind: JobKind;
  readonly payload: Readonly<Record<string, unknown>> & { readonly agent: string };
  readonly maxAttempts?: number;
  readonly followUp?: readonly FollowUp[];
}

export interface BenchRun {
  readonly jobId: string;
  readonly context: RecordingContext;
  readonly result: Record<string, unknown>;
}

/** Everything a worker has, on a database of its own, with the test in the runner's place. */
export class JobBench {
  private constructor(private readonly bench: BenchApp) {}

  static async open(options: Omit<BenchOptions, 'poolSize'>): Promise<JobBench> {
    return new JobBench(await BenchApp.open({ ...options, poolSize: 3 }));
  }

  get app(): INestApplicationContext {
    return this.bench.app;
  }

  get database(): TestDatabase {
    return this.bench.database;
  }

  get folder(): string {
    return this.bench.folder;
  }

  get store(): JobStore {
    return this.app.get(JobStore);
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  /** Queues the job and claims its first attempt. */
  async claim({ kind, payload, maxAttempts = 3, followUp }: BenchJob): Promise<RecordingContext> {
    const { id } = await this.store.start({ kind, agent: payload.agent, payload, maxAttempts, followUp });
    return this.claimNext(id, 1);
  }

  async claimNext(jobId: string, attempt: number): Promise<RecordingContext> {
    return this.bench.claim(jobId, attempt);
  }

  /** Runs a handler on a claimed attempt, without recording its end. */
  async execute(context: RecordingContext): Promise<Record<string, unknown>> {
    return this.bench.execute(context);
  }

  /** Queues, claims, runs and completes a job as the runner does. */
  async run(job: BenchJob): Promise<BenchRun> {
    const context = await this.claim(job);
    const result = await this.execute(context);
    await this.bench.complete(context, result);
    return { jobId: context.job.id, context, result };
  }

  async close(): Promise<void> {
    await this.bench.close();
  }
}
