import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ArtifactsModule } from '@tidemark/artifacts';
import { loadConfig } from '@tidemark/config';
import type { Agent, JobKind } from '@tidemark/contracts';
import { DatabaseModule } from '@tidemark/database';
import { EvaluationJobsModule } from '@tidemark/evaluation/jobs';
import { InferenceModule } from '@tidemark/inference';
import { JobHandlers, JobLeases, JobStore, JobsModule, type FollowUp } from '@tidemark/jobs';
import { LoopJobsModule } from '@tidemark/loop/jobs';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { MonitoringModule } from '@tidemark/monitoring';
import { initNative } from '@tidemark/native';
import { NotificationsModule } from '@tidemark/notifications';
import { PolicyModule } from '@tidemark/policy';
import { processModule } from '@tidemark/process';
import { RegistryModule } from '@tidemark/registry';
import { ReplayJobsModule } from '@tidemark/replay/jobs';
import { TelemetryModule } from '@tidemark/telemetry';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { TrainingJobsModule } from '@tidemark/training/jobs';
import { RecordingContext } from './recording-context.js';

/** Handlers without the runner that would take jobs from the queue by itself. */
@Global()
@Module({ imports: [JobsModule], providers: [JobHandlers, JobLeases], exports: [JobHandlers, JobLeases] })
class HandlersModule {}

@Module({})
class BenchModule {}

export interface JobBenchOptions {
  /** Agents of the configuration folder; each may be a part of the schema, the rest takes its defaults. */
  readonly agents: readonly (Pick<Agent, 'agent'> & Readonly<Record<string, unknown>>)[];
  /** Further files of that folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

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

const LEASE_SECONDS = 600;

/** Everything a worker has, on a database of its own, with the test in the runner's place. */
export class JobBench {
  private constructor(
    readonly app: INestApplicationContext,
    readonly database: TestDatabase,
    readonly folder: string,
  ) {}

  static async open(options: JobBenchOptions): Promise<JobBench> {
    const database = await createTestDatabase({ poolSize: 3 });
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
    const agentsDir = join(folder, 'agents');
    mkdirSync(agentsDir);
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(agentsDir, name), text);
    // JSON is YAML.
    for (const agent of options.agents) writeFileSync(join(agentsDir, `${agent.agent}.yaml`), JSON.stringify(agent));
    const config = loadConfig({
      DATABASE_URL: database.url,
      TIDEMARK_DATA_DIR: join(folder, 'data'),
      TIDEMARK_AGENTS_DIR: agentsDir,
      TIDEMARK_LOG_LEVEL: 'fatal',
      ...options.env,
    });
    initNative();
    const features = [
      RegistryModule,
      InferenceModule,
      MarketDataJobsModule,
      TrainingJobsModule,
      NotificationsModule,
      MonitoringModule,
      PolicyModule,
      LoopJobsModule,
      ReplayJobsModule,
      EvaluationJobsModule,
    ];
    const platform = [
      processModule(config, 'worker'),
      TelemetryModule.forProcess('worker'),
      DatabaseModule,
      ArtifactsModule,
    ];
    const module = { module: BenchModule, imports: [...platform, HandlersModule, ...features] };
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    return new JobBench(app, database, folder);
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
    const leases = this.app.get(JobLeases);
    const lease = await leases.claim(jobId, attempt, LEASE_SECONDS);
    if (lease === undefined) throw new Error(`attempt ${attempt} of job ${jobId} could not be claimed`);
    return new RecordingContext(lease, leases);
  }

  /** Runs a handler on a claimed attempt, without recording its end. */
  async execute(context: RecordingContext): Promise<Record<string, unknown>> {
    return this.app.get(JobHandlers).forKind(context.job.kind).run(context);
  }

  /** Queues, claims, runs and completes a job as the runner does. */
  async run(job: BenchJob): Promise<BenchRun> {
    const context = await this.claim(job);
    const result = await this.execute(context);
    await this.app.get(JobLeases).complete(context.lease, result, []);
    return { jobId: context.job.id, context, result };
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
