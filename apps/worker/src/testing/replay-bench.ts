import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ArtifactsModule } from '@tidemark/artifacts';
import { AgentCatalog, loadConfig } from '@tidemark/config';
import type { Agent, AgentLoop, Digest, Job, ReplayPayload } from '@tidemark/contracts';
import { DatabaseModule, selectRows } from '@tidemark/database';
import { EvaluationJobsModule } from '@tidemark/evaluation/jobs';
import { InferenceModule } from '@tidemark/inference';
import { JobHandlers, JobLeases, JobStore, JobsModule } from '@tidemark/jobs';
import { SteppedClock, inWorld, liveTimeline, toTidemarkError } from '@tidemark/kernel';
import { LoopModule } from '@tidemark/loop';
import { LoopJobsModule } from '@tidemark/loop/jobs';
import { IngestService } from '@tidemark/market-data';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { MonitoringModule } from '@tidemark/monitoring';
import { initNative } from '@tidemark/native';
import { NotificationsModule } from '@tidemark/notifications';
import { PolicyModule } from '@tidemark/policy';
import { processModule } from '@tidemark/process';
import { ReconciliationJobsModule } from '@tidemark/reconciliation/jobs';
import { RegistryModule } from '@tidemark/registry';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import { DigestService, ReplayModule } from '@tidemark/replay';
import { ReplayJobsModule } from '@tidemark/replay/jobs';
import { replayJob } from '@tidemark/replay/read';
import { TelemetryModule } from '@tidemark/telemetry';
import { createTestDatabase, type TestBar, type TestDatabase } from '@tidemark/testing';
import { TrainingJobsModule } from '@tidemark/training/jobs';
import { RecordingContext } from './recording-context.js';

@Global()
@Module({ imports: [JobsModule], providers: [JobHandlers, JobLeases], exports: [JobHandlers, JobLeases] })
class HandlersModule {}

@Module({})
class BenchModule {}

const LEASE_SECONDS = 600;
const POLL_MS = 5;
const FEATURES = [
  RegistryModule,
  InferenceModule,
  NotificationsModule,
  MonitoringModule,
  PolicyModule,
  LoopModule,
  ReplayModule,
  MarketDataJobsModule,
  TrainingJobsModule,
  LoopJobsModule,
  ReplayJobsModule,
  ReconciliationJobsModule,
  EvaluationJobsModule,
];

export type BenchAgent = Pick<Agent, 'agent'> & Readonly<Record<string, unknown>>;
type Watch = (context: RecordingContext) => void;

/** A worker whose jobs are run by the test: replays in its hands, trainings beside them. */
export class ReplayBench {
  private isClosing = false;
  private readonly trainings: Promise<void>;
  /** Sees each training before it runs. */
  onTraining: (context: RecordingContext) => void = () => undefined;

  private constructor(
    readonly app: INestApplicationContext,
    readonly database: TestDatabase,
    private readonly folder: string,
  ) {
    this.trainings = this.runTrainings();
  }

  static async open(agents: readonly BenchAgent[]): Promise<ReplayBench> {
    const database = await createTestDatabase({ poolSize: 6 });
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-replay-'));
    const agentsDir = join(folder, 'agents');
    mkdirSync(agentsDir);
    // JSON is YAML.
    for (const agent of agents) writeFileSync(join(agentsDir, `${agent.agent}.yaml`), JSON.stringify(agent));
    const config = loadConfig({
      DATABASE_URL: database.url,
      TIDEMARK_DATA_DIR: join(folder, 'data'),
      TIDEMARK_AGENTS_DIR: agentsDir,
      TIDEMARK_LOG_LEVEL: 'fatal',
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
    return new ReplayBench(app, database, folder);
  }

  get store(): JobStore {
    return this.app.get(JobStore);
  }

  /** Queues a replay and runs it to its end. */
  async replay(payload: Omit<ReplayPayload, 'purpose'> & Partial<ReplayPayload>): Promise<Job> {
    const { id } = await this.store.start(replayJob({ purpose: 'replay', ...payload }));
    return this.attempt(id, 1);
  }

  async queue(payload: Omit<ReplayPayload, 'purpose'> & Partial<ReplayPayload>): Promise<Job> {
    return this.store.start(replayJob({ purpose: 'replay', ...payload }));
  }

  /** One attempt as the runner makes it; `watch` gets its context before it runs. */
  async attempt(id: string, attempt: number, watch: Watch = () => undefined): Promise<Job> {
    const leases = this.app.get(JobLeases);
    const lease = await leases.claim(id, attempt, LEASE_SECONDS);
    if (lease === undefined) throw new Error(`attempt ${attempt} of job ${id} could not be claimed`);
    const context = new RecordingContext(lease, leases);
    watch(context);
    try {
      const result = await this.app.get(JobHandlers).forKind(lease.job.kind).run(context);
      await leases.complete(lease, result, []);
    } catch (thrown) {
      if (context.signal.aborted) await leases.release(lease);
      else await leases.fail(lease, toTidemarkError(thrown), 0);
      if (lease.job.kind === 'replay' && !context.signal.aborted) throw thrown;
    }
    return this.store.get(id);
  }

  async digest(timeline: string, agent: string, until?: Date): Promise<Digest> {
    return this.app.get(DigestService).of({ timeline, agent, until });
  }

  agent(name: string): Agent {
    return this.app.get(AgentCatalog).byName(name).agent;
  }

  async loop(timeline: string, agent: string): Promise<AgentLoop | undefined> {
    return this.app.get<Timelines>(TIMELINES).loop(agent, timeline);
  }

  /** A bar as a caller would have sent it at an instant. */
  async post(series: string, { eventTime, ...prices }: TestBar, at: Date): Promise<void> {
    const world = { timeline: liveTimeline(), clock: new SteppedClock(at) };
    const bar = { ...prices, time: eventTime.toISOString() };
    await inWorld(world, () => this.app.get(IngestService).post(series, [bar]));
  }

  /** How often each action was decided. */
  async actions(timeline: string, agent: string): Promise<Record<string, number>> {
    const rows = await selectRows<{ action: string; count: number }>(
      this.database.dataSource,
      'select action, count(*)::int as count from decisions where timeline_id = $1 and agent = $2 group by action',
      [timeline, agent],
    );
    return Object.fromEntries(rows.map(({ action, count }) => [action, count]));
  }

  /** Waits until no job is left, such as those that follow a live slot. */
  async idle(): Promise<void> {
    while ((await this.waiting()).length > 0) await setTimeout(POLL_MS);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.trainings;
    await this.app.close();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async runTrainings(): Promise<void> {
    while (!this.isClosing) {
      const next = (await this.waiting()).find(({ state }) => state === 'queued');
      if (next === undefined) await setTimeout(POLL_MS);
      else await this.attempt(next.id, next.attempt + 1, this.onTraining);
    }
  }

  private waiting(): Promise<{ id: string; attempt: number; state: string }[]> {
    return selectRows(
      this.database.dataSource,
      `select id, attempt, state from job_run where state in ('queued', 'running') and kind in ('train', 'candidate', 'slot') order by created_at, id`,
    );
  }
}
