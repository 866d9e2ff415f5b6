import type { JobKind } from '@tidemark/contracts';
import { execute, inTransaction, listen, selectRows, type Subscription } from '@tidemark/database';
import type { Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { QUEUED_CHANNEL } from './enqueue.js';
import { JobSweeper } from './job-sweeper.js';
import type { JobTransport } from './job-transport.js';
import { queueOf } from './queues.js';
import { SerialTask } from './serial-task.js';

export interface DispatcherOptions {
  readonly databaseUrl: string;
  /** Longest a due wake-up waits when its notification was lost; default 500 ms. */
  readonly pollMs?: number;
  /** How often ended leases and lost wake-ups are looked for; default 1 s. */
  readonly sweepMs?: number;
}

const BATCH = 100;

/**
 * Moves wake-ups from the outbox to the transport and lets the sweeper run. Any number of processes may do so at once:
 * rows are taken with SKIP LOCKED, and a wake-up sent twice finds its attempt already claimed.
 */
export class JobDispatcher {
  private readonly sweeper: JobSweeper;
  private readonly outbox: SerialTask;
  private readonly sweeps: SerialTask;
  private subscription: Subscription | undefined;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly transport: JobTransport,
    private readonly logger: Logger,
    private readonly options: DispatcherOptions,
  ) {
    const warn = (message: string) => (error: unknown) => this.logger.warn({ err: error }, message);
    this.sweeper = new JobSweeper(dataSource);
    this.outbox = new SerialTask(() => this.drain(), warn('wake-ups could not be sent; trying again'));
    this.sweeps = new SerialTask(() => this.sweep(), warn('the sweep for silent workers failed; trying again'));
  }

  async start(): Promise<void> {
    const { databaseUrl, pollMs = 500, sweepMs = 1_000 } = this.options;
    const onError = (error: unknown): void =>
      this.logger.warn({ err: error }, 'the dispatcher lost its notification connection');
    this.subscription = await listen(databaseUrl, QUEUED_CHANNEL, () => this.outbox.request(), { onError });
    this.timers = [setInterval(() => this.outbox.request(), pollMs), setInterval(() => this.sweeps.request(), sweepMs)];
    this.outbox.request();
  }

  async stop(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    await this.subscription?.close();
    await Promise.all([this.outbox.stop(), this.sweeps.stop()]);
  }

  private async drain(): Promise<void> {
    while ((await this.sendDue()) === BATCH);
  }

  /** Sends due wake-ups; returns how many. */
  private async sendDue(): Promise<number> {
    return inTransaction(this.dataSource, async (runner) => {
      const due = await selectRows<{ job_id: string; attempt: number; kind: JobKind }>(
        runner,
        `select job_id, o.attempt, kind from job_outbox o join job_run r on r.id = o.job_id
         where available_at <= now() order by available_at limit ${BATCH} for update of o skip locked`,
      );
      for (const { job_id, attempt, kind } of due) {
        await this.transport.enqueue(queueOf(kind), job_id, attempt);
        await execute(runner, 'delete from job_outbox where job_id = $1 and attempt = $2', [job_id, attempt]);
      }
      return due.length;
    });
  }

  private async sweep(): Promise<void> {
    const { requeued, failed, cancelled } = await this.sweeper.sweep();
    if (requeued + failed + cancelled === 0) return;
    this.logger.warn({ requeued, failed, cancelled }, 'jobs of silent workers were taken back');
  }
}
