import type { QueueName } from './queues.js';

/** Injection token of the {@link JobTransport}. */
export const JOB_TRANSPORT = Symbol('JOB_TRANSPORT');

/** A wake-up: attempt `attempt` of the job may start. The job itself is in Postgres. */
export interface JobDelivery {
  readonly jobId: string;
  readonly attempt: number;
}

export interface ConsumeOptions {
  readonly queue: QueueName;
  /** Deliveries of the queue handled at once. */
  readonly concurrency: number;
}

/**
 * Carries wake-ups to workers, at least once, in no promised order. A wake-up equal to one that still waits or is being
 * handled may be merged with it; one sent after the handler has ended is delivered again. A handler never throws:
 * success and failure are rows, not queue states. `consume` is called once a queue; `close` waits for running handlers and may
 * be called twice. Errors of the carrier while idle go to the `onError` the implementation was made with.
 */
export interface JobTransport {
  enqueue(queue: QueueName, jobId: string, attempt: number): Promise<void>;
  consume(handler: (delivery: JobDelivery) => Promise<void>, options: ConsumeOptions): Promise<void>;
  close(): Promise<void>;
}
