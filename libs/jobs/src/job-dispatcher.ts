import { execute, inTransaction, listen, selectRows, type Subscription } from '@tidemark/database';
import type { Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { QUEUED_CHANNEL } from './enqueue.js';
import { JobSweeper } from './job-sweeper.js';
import type { JobTransport } from './job-transport.js';

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
  private subscription: Subscription | undefined;
  private timers: NodeJS.Timeout[] = [];
  private running: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transport: JobTransport,
    private readonly logger: Logger,
    private readonly options: DispatcherOptions,
  ) {
    this.sweeper = new JobSweeper(dataSource);
  }

  async start(): Promise<void> {
    const { databaseUrl, pollMs = 500, sweepMs = 1_000 } = this.options;
    const onError = (error: unknown): void => this.logger.warn({ err: error }, 'the dispatcher lost its notification connection');
    this.subscription = await listen(databaseUrl, QUEUED_CHANNEL, () => this.poke(), { onError });
    this.timers = [setInterval(() => this.poke(), pollMs), setInterval(() => void this.sweep(), sweepMs)];
    this.poke();
  }

  /** Looks at the outbox soon; calls while it is looking make it look once more. */
  poke(): void {
    if (this.running !== undefined) {
      this.again = true;
      return;
    }
    this.running = this.drain().finally(() => {
      this.running = undefined;
    });
  }

  async stop(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    this.again = false;
    await this.subscription?.close();
    await this.running;
  }

  /** Sends due wake-ups; returns how many. */
  async dispatchOnce(): Promise<number> {
    return inTransaction(this.dataSource, async (runner) => {
      const due = await selectRows<{ job_id: string; attempt: number }>(
        runner,
        `select job_id, attempt from job_outbox where available_at <= now() order by available_at limit ${BATCH} for update skip locked`,
      );
      for (const { job_id, attempt } of due) {
        await this.transport.enqueue(job_id, attempt);
        await execute(runner, 'delete from job_outbox where job_id = $1 and attempt = $2', [job_id, attempt]);
      }
      return due.length;
    });
  }

  private async drain(): Promise<void> {
    try {
      do this.again = false;
      while ((await this.dispatchOnce()) === BATCH || this.again);
    } catch (error) {
      this.logger.warn({ err: error }, 'wake-ups could not be sent; trying again');
    }
  }

  private async sweep(): Promise<void> {
    try {
      const { requeued, failed, cancelled } = await this.sweeper.sweep();
      if (requeued + failed + cancelled > 0) this.logger.warn({ requeued, failed, cancelled }, 'jobs of silent workers were taken back');
    } catch (error) {
      this.logger.warn({ err: error }, 'the sweep for silent workers failed; trying again');
    }
  }
}
