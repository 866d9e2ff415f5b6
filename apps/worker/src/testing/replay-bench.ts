import { setTimeout } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Agent, AgentLoop, Digest, Job, ReplayPayload } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { JobLeases, JobStore } from '@tidemark/jobs';
import { SteppedClock, inWorld, liveTimeline, toTidemarkError } from '@tidemark/kernel';
import { IngestService } from '@tidemark/market-data';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import { DigestService } from '@tidemark/replay';
import { replayJob } from '@tidemark/replay/read';
import type { TestBar, TestDatabase } from '@tidemark/testing';
import { BenchApp, type BenchAgent } from './bench-app.js';
import type { RecordingContext } from './recording-context.js';

export type { BenchAgent } from './bench-app.js';

const POLL_MS = 5;

type Watch = (context: RecordingContext) => void;

/** A worker whose jobs are run by the test: replays in its hands, trainings beside them. */
export class ReplayBench {
  private isClosing = false;
  private readonly trainings: Promise<void>;
  /** Sees each training before it runs. */
  onTraining: (context: RecordingContext) => void = () => undefined;

  private constructor(private readonly bench: BenchApp) {
    this.trainings = this.runTrainings();
  }

  static async open(agents: readonly BenchAgent[]): Promise<ReplayBench> {
    return new ReplayBench(await BenchApp.open({ agents, poolSize: 6 }));
  }

  get app(): INestApplicationContext {
    return this.bench.app;
  }

  get database(): TestDatabase {
    return this.bench.database;
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
    const context = await this.bench.claim(id, attempt);
    const { lease } = context;
    watch(context);
    try {
      await this.bench.complete(context, await this.bench.execute(context));
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
    await this.bench.close();
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
