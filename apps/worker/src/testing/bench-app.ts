import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ArtifactsModule } from '@tidemark/artifacts';
import { loadConfig } from '@tidemark/config';
import type { Agent } from '@tidemark/contracts';
import { DatabaseModule } from '@tidemark/database';
import { EvaluationJobsModule } from '@tidemark/evaluation/jobs';
import { InferenceModule } from '@tidemark/inference';
import { JobHandlers, JobLeases, JobsModule } from '@tidemark/jobs';
import { LoopJobsModule } from '@tidemark/loop/jobs';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { MonitoringModule } from '@tidemark/monitoring';
import { initNative } from '@tidemark/native';
import { NotificationsModule } from '@tidemark/notifications';
import { PolicyModule } from '@tidemark/policy';
import { processModule } from '@tidemark/process';
import { ReconciliationJobsModule } from '@tidemark/reconciliation/jobs';
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

const LEASE_SECONDS = 600;
const FEATURES = [
  RegistryModule,
  InferenceModule,
  MarketDataJobsModule,
  TrainingJobsModule,
  NotificationsModule,
  MonitoringModule,
  PolicyModule,
  LoopJobsModule,
  ReplayJobsModule,
  ReconciliationJobsModule,
  EvaluationJobsModule,
];

/** May be a part of the schema, the rest takes its defaults. */
export type BenchAgent = Pick<Agent, 'agent'> & Readonly<Record<string, unknown>>;

export interface BenchOptions {
  /** Agents of the configuration folder. */
  readonly agents: readonly BenchAgent[];
  /** Further files of that folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly poolSize: number;
}

/** Everything a worker has but its runner, on a database and a folder of its own. */
export class BenchApp {
  private constructor(
    readonly app: INestApplicationContext,
    readonly database: TestDatabase,
    readonly folder: string,
  ) {}

  static async open({ agents, files = {}, env, poolSize }: BenchOptions): Promise<BenchApp> {
    const database = await createTestDatabase({ poolSize });
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
    const agentsDir = join(folder, 'agents');
    mkdirSync(agentsDir);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(agentsDir, name), text);
    // JSON is YAML.
    for (const agent of agents) writeFileSync(join(agentsDir, `${agent.agent}.yaml`), JSON.stringify(agent));
    const config = loadConfig({
      DATABASE_URL: database.url,
      TIDEMARK_DATA_DIR: join(folder, 'data'),
      TIDEMARK_AGENTS_DIR: agentsDir,
      TIDEMARK_LOG_LEVEL: 'fatal',
      ...env,
    });
    initNative();
    const platform = [
      processModule(config, 'worker'),
      TelemetryModule.forProcess('worker'),
      DatabaseModule,
      ArtifactsModule,
    ];
    const module = { module: BenchModule, imports: [...platform, HandlersModule, ...FEATURES] };
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    return new BenchApp(app, database, folder);
  }

  async claim(jobId: string, attempt: number): Promise<RecordingContext> {
    const leases = this.app.get(JobLeases);
    const lease = await leases.claim(jobId, attempt, LEASE_SECONDS);
    if (lease === undefined) throw new Error(`attempt ${attempt} of job ${jobId} could not be claimed`);
    return new RecordingContext(lease, leases);
  }

  /** Runs a handler on a claimed attempt, without recording its end. */
  async execute(context: RecordingContext): Promise<Record<string, unknown>> {
    return this.app.get(JobHandlers).forKind(context.job.kind).run(context);
  }

  async complete({ lease }: RecordingContext, result: Record<string, unknown>): Promise<void> {
    await this.app.get(JobLeases).complete(lease, result, []);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
