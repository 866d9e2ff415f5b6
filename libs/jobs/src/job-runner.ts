import { listen, type Subscription } from '@tidemark/database';
import { toTidemarkError, type Clock, type TidemarkError } from '@tidemark/kernel';
import type { Logger, Metrics } from '@tidemark/telemetry';
import { CANCEL_CHANNEL } from './enqueue.js';
import { JobAttempt } from './job-attempt.js';
import type { JobHandlers } from './job-handler.js';
import type { AttemptEnd, JobLeases, Lease } from './job-leases.js';
import type { JobDelivery, JobTransport } from './job-transport.js';
import { workerStopping } from './jobs.errors.js';

export interface RunnerOptions {
  readonly databaseUrl: string;
  readonly concurrency: number;
  /** Replays run at once; default 2. */
  readonly replays?: number;
  readonly leaseSeconds: number;
  /** First delay before an attempt is repeated, doubled each time up to a minute; default 1 s. */
  readonly retryDelaySeconds?: number;
}

export interface RunnerParts {
  readonly transport: JobTransport;
  readonly leases: JobLeases;
  readonly handlers: JobHandlers;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

const MAX_RETRY_DELAY_SECONDS = 60;
const DEFAULT_REPLAYS = 2;

/** Runs jobs in this process: claims what is delivered, keeps its lease, and records how it ended. */
export class JobRunner {
  private readonly attempts = new Map<string, JobAttempt>();
  private subscription: Subscription | undefined;
  private stopping = false;

  constructor(
    private readonly parts: RunnerParts,
    private readonly options: RunnerOptions,
  ) {}

  async start(): Promise<void> {
    const onError = (error: unknown): void =>
      this.parts.logger.warn({ err: error }, 'the runner lost its notification connection');
    this.subscription = await listen(this.options.databaseUrl, CANCEL_CHANNEL, (jobId) => this.checkNow(jobId), {
      onError,
    });
    const { concurrency, replays = DEFAULT_REPLAYS } = this.options;
    const handle = (delivery: JobDelivery): Promise<void> => this.handle(delivery);
    await this.parts.transport.consume(handle, { queue: 'work', concurrency });
    await this.parts.transport.consume(handle, { queue: 'replays', concurrency: replays });
  }

  /** Asks running handlers to stop, gives their jobs back to the queue, and waits for them. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const attempt of this.attempts.values()) attempt.abort(workerStopping(attempt.lease.job.id));
    await this.parts.transport.close();
    await this.subscription?.close();
  }

  /** Number of attempts running now. */
  get active(): number {
    return this.attempts.size;
  }

  private checkNow(jobId: string | undefined): void {
    for (const [id, attempt] of this.attempts) if (jobId === undefined || jobId === id) attempt.checkNow();
  }

  /** Never throws: whatever goes wrong before the claim is repaired by the sweeper. */
  private async handle({ jobId, attempt }: JobDelivery): Promise<void> {
    if (this.stopping) return;
    try {
      const lease = await this.parts.leases.claim(jobId, attempt, this.options.leaseSeconds);
      if (lease !== undefined) await this.run(lease);
    } catch (error) {
      this.parts.logger.error(
        { err: error, jobId, attempt },
        'the end of a job attempt could not be recorded; its lease will run out',
      );
    }
  }

  private async run(lease: Lease): Promise<void> {
    const { id, kind, agent } = lease.job;
    const { leases, metrics, clock } = this.parts;
    const logger = this.parts.logger.child({ jobId: id, kind, agent, attempt: lease.job.attempt });
    const attempt = new JobAttempt(lease, leases, this.options.leaseSeconds);
    const started = clock.now().getTime();
    this.attempts.set(id, attempt);
    if (this.stopping) attempt.abort(workerStopping(id));
    logger.info('job attempt started');
    try {
      const state = await this.conclude(attempt, logger);
      metrics.jobsTotal.inc({ kind, state });
      if (state === 'succeeded') metrics.lastSuccess.set({ job: kind }, clock.now().getTime() / 1000);
      logger.info({ state }, 'job attempt ended');
    } finally {
      this.attempts.delete(id);
      metrics.jobDuration.observe({ kind }, (clock.now().getTime() - started) / 1000);
    }
  }

  private async conclude(attempt: JobAttempt, logger: Logger): Promise<AttemptEnd | 'succeeded' | 'lost'> {
    try {
      const { handlers } = this.parts;
      await attempt.execute((context) => handlers.forKind(context.job.kind).run(context));
      return 'succeeded';
    } catch (thrown) {
      return this.recordFailure(
        attempt,
        toTidemarkError(attempt.signal.aborted ? attempt.signal.reason : thrown),
        logger,
      );
    }
  }

  private async recordFailure(attempt: JobAttempt, error: TidemarkError, logger: Logger): Promise<AttemptEnd | 'lost'> {
    const { leases } = this.parts;
    const { lease } = attempt;
    if (error.code === 'JOB_LEASE_LOST') return 'lost';
    if (error.code === 'JOB_CANCELLED') return leases.cancelled(lease);
    if (error.code === 'WORKER_STOPPING') return leases.release(lease);
    logger[error.family === 'defect' ? 'error' : 'warn']({ err: error }, 'job attempt failed');
    await leases.log(lease, 'error', `${error.code}: ${error.message}`);
    return leases.fail(lease, error, this.retryDelay(lease.job.attempt));
  }

  /** Exponential with full jitter in its upper half, so that jobs that failed together do not return together. */
  private retryDelay(attempt: number): number {
    const full = Math.min((this.options.retryDelaySeconds ?? 1) * 2 ** (attempt - 1), MAX_RETRY_DELAY_SECONDS);
    return full * (0.5 + 0.5 * Math.random());
  }
}
