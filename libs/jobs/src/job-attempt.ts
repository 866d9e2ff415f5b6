import type { Job } from '@tidemark/contracts';
import { isTidemarkError } from '@tidemark/kernel';
import type { QueryRunner } from 'typeorm';
import type { JobContext, JobResult } from './job-handler.js';
import type { JobLeases, Lease } from './job-leases.js';
import { jobCancelled } from './jobs.errors.js';

/** Cancellation is noticed within this time even when its notification is lost. */
const CHECK_MS = 1_000;
const PROGRESS_MS = 250;
/** The lease is renewed this many times before it would run out. */
const RENEWALS_PER_LEASE = 3;

/** One running attempt: the context its handler sees, and the heartbeat that keeps its lease. */
export class JobAttempt implements JobContext {
  private readonly controller = new AbortController();
  private readonly finalWork: ((runner: QueryRunner) => Promise<void>)[] = [];
  private heartbeat: NodeJS.Timeout | undefined;
  private checking = false;
  private renewedAt = performance.now();
  private progressAt = -Infinity;
  private unwritten: { fraction: number; message: string } | undefined;

  constructor(
    readonly lease: Lease,
    private readonly leases: JobLeases,
    private readonly leaseSeconds: number,
  ) {}

  get job(): Job {
    return this.lease.job;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(reason: Error): void {
    if (!this.signal.aborted) this.controller.abort(reason);
  }

  /** Runs the handler under the heartbeat and records its success. */
  async execute(handler: (context: JobContext) => Promise<JobResult>): Promise<void> {
    this.heartbeat = setInterval(() => this.checkNow(), Math.min(CHECK_MS, this.renewEveryMs));
    try {
      this.signal.throwIfAborted();
      const result = await handler(this);
      this.signal.throwIfAborted();
      await this.leases.complete(this.lease, result, this.finalWork);
    } finally {
      clearInterval(this.heartbeat);
    }
  }

  checkNow(): void {
    if (this.checking) return;
    this.checking = true;
    void this.check().finally(() => {
      this.checking = false;
    });
  }

  async log(level: 'debug' | 'info' | 'warn' | 'error', message: string): Promise<void> {
    await this.leases.log(this.lease, level, message);
  }

  async progress(fraction: number, message: string): Promise<void> {
    this.unwritten = { fraction, message };
    if (performance.now() - this.progressAt >= PROGRESS_MS) await this.writeProgress();
  }

  async fence(runner: QueryRunner): Promise<void> {
    await this.leases.fence(runner, this.lease);
  }

  completeWith(work: (runner: QueryRunner) => Promise<void>): void {
    this.finalWork.push(work);
  }

  private get renewEveryMs(): number {
    return (this.leaseSeconds * 1000) / RENEWALS_PER_LEASE;
  }

  private async check(): Promise<void> {
    try {
      const isDue = performance.now() - this.renewedAt >= this.renewEveryMs;
      const asked = performance.now();
      const { cancelRequested } = isDue
        ? await this.leases.renew(this.lease, this.leaseSeconds)
        : await this.leases.check(this.lease);
      if (isDue) this.renewedAt = asked;
      if (cancelRequested) this.abort(jobCancelled(this.job.id));
      else await this.writeProgress();
    } catch (error) {
      this.endWhenLost(error);
    }
  }

  /**
   * While Postgres is away the handler goes on: if it returns before the lease has run out nothing is lost, and if not,
   * the fence refuses whatever it still tries to write.
   */
  private endWhenLost(error: unknown): void {
    if (isTidemarkError(error) && error.code !== 'JOB_LEASE_LOST' && error.retryable) return;
    this.abort(error as Error);
  }

  private async writeProgress(): Promise<void> {
    const { unwritten } = this;
    if (unwritten === undefined) return;
    this.unwritten = undefined;
    this.progressAt = performance.now();
    await this.leases.progress(this.lease, unwritten.fraction, unwritten.message);
  }
}
