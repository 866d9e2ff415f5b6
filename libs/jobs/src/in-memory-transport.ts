import type { ConsumeOptions, JobDelivery, JobTransport } from './job-transport.js';
import type { QueueName } from './queues.js';

/** Wake-ups inside one process: for tests and tools that run a worker beside everything else. */
export class InMemoryTransport implements JobTransport {
  private readonly queues: Record<QueueName, MemoryQueue> = { work: new MemoryQueue(), replays: new MemoryQueue() };

  async enqueue(queue: QueueName, jobId: string, attempt: number): Promise<void> {
    this.queues[queue].add({ jobId, attempt });
  }

  async consume(handler: (delivery: JobDelivery) => Promise<void>, options: ConsumeOptions): Promise<void> {
    this.queues[options.queue].start(handler, options.concurrency);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
  }
}

class MemoryQueue {
  private readonly waiting = new Map<string, JobDelivery>();
  private readonly active = new Map<string, Promise<void>>();
  private consumer: { handler: (delivery: JobDelivery) => Promise<void>; concurrency: number } | undefined;
  private closed = false;

  add(delivery: JobDelivery): void {
    const key = `${delivery.jobId}-${delivery.attempt}`;
    if (this.closed || this.active.has(key)) return;
    this.waiting.set(key, delivery);
    this.pump();
  }

  start(handler: (delivery: JobDelivery) => Promise<void>, concurrency: number): void {
    this.consumer = { handler, concurrency };
    this.pump();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.active.values());
  }

  private pump(): void {
    for (const [key, delivery] of this.waiting) {
      if (this.closed || this.consumer === undefined || this.active.size >= this.consumer.concurrency) return;
      this.waiting.delete(key);
      this.active.set(key, this.handle(key, this.consumer.handler, delivery));
    }
  }

  private async handle(
    key: string,
    handler: (delivery: JobDelivery) => Promise<void>,
    delivery: JobDelivery,
  ): Promise<void> {
    await Promise.resolve();
    try {
      await handler(delivery);
    } finally {
      this.active.delete(key);
      this.pump();
    }
  }
}
