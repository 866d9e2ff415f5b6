import type { JobsOptions } from 'bullmq';
import type { JobDelivery } from './job-transport.js';

/** What the transport needs of a BullMQ queue, whatever it is kept in. */
export interface BackendQueue {
  add(name: string, delivery: JobDelivery, options: JobsOptions): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface BackendWorker {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface WorkerSettings {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

/** Where BullMQ keeps its queues. */
export interface QueueBackend {
  queue(name: string): BackendQueue;
  worker(name: string, handle: (delivery: JobDelivery) => Promise<void>, settings: WorkerSettings): BackendWorker;
  /** A failure of the store as an operational error that may be retried. */
  mapError(error: unknown): unknown;
}
