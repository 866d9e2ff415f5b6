import type { Job } from '@tidemark/contracts';
import type { JobContext, JobLeases, Lease } from '@tidemark/jobs';
import type { QueryRunner } from 'typeorm';

/** What a handler sees of its attempt, kept for the test to look at. The fence is the real one. */
export class RecordingContext implements JobContext {
  readonly logs: string[] = [];
  readonly fractions: number[] = [];
  readonly messages: string[] = [];
  /** Called with every progress and every log line, before the handler goes on. */
  onProgress: (fraction: number, message: string) => Promise<void> = async () => undefined;
  onLog: (message: string) => Promise<void> = async () => undefined;
  private readonly controller = new AbortController();

  constructor(
    readonly lease: Lease,
    private readonly leases: JobLeases,
  ) {}

  get job(): Job {
    return this.lease.job;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(reason: Error): void {
    this.controller.abort(reason);
  }

  async log(_level: string, message: string): Promise<void> {
    this.logs.push(message);
    await this.onLog(message);
  }

  async progress(fraction: number, message: string): Promise<void> {
    this.fractions.push(fraction);
    this.messages.push(message);
    await this.onProgress(fraction, message);
  }

  async fence(runner: QueryRunner): Promise<void> {
    await this.leases.fence(runner, this.lease);
  }

  /** The handlers of this worker give no work for the completing transaction. */
  completeWith(): void {
    throw new Error('not expected from the handlers under test');
  }
}
