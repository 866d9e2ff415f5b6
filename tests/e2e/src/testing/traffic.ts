import { setTimeout as delay } from 'node:timers/promises';
import type { PredictionReply } from '@tidemark/contracts';
import type { ApiClient, ApiReply } from './api-client.js';

/** One call of the traffic: when it was sent, and what became of it. */
export interface Call<Item> {
  /** Which of the clients. */
  readonly client: number;
  readonly item: Item;
  readonly sentAt: number;
  readonly reply?: ApiReply<PredictionReply>;
  /** The connection failed before an answer. */
  readonly error?: Error;
}

/** So that a process that is gone is not asked thousands of times a second. */
const PAUSE_AFTER_FAILURE_MS = 20;

/** Calls in a loop, one after the other on each client, until stopped. */
export class Traffic<Item> {
  readonly calls: Call<Item>[] = [];
  private readonly loops: Promise<void>[];
  private isStopped = false;

  constructor(
    clients: readonly ApiClient[],
    private readonly next: () => Item,
  ) {
    this.loops = clients.map((client, index) => this.loop(client, index));
  }

  /** Ends the loops after the calls under way. */
  async stop(): Promise<readonly Call<Item>[]> {
    this.isStopped = true;
    await Promise.all(this.loops);
    return this.calls;
  }

  get failures(): Call<Item>[] {
    return this.calls.filter(isFailure);
  }

  private async loop(client: ApiClient, index: number): Promise<void> {
    while (!this.isStopped) {
      const call = await this.call(client, index);
      this.calls.push(call);
      if (isFailure(call)) await delay(PAUSE_AFTER_FAILURE_MS);
    }
  }

  private async call(client: ApiClient, index: number): Promise<Call<Item>> {
    const call = { client: index, item: this.next(), sentAt: performance.now() };
    try {
      return { ...call, reply: await client.send('POST', '/api/v1/predict', call.item) };
    } catch (error) {
      return { ...call, error: error as Error };
    }
  }
}

export function isFailure(call: Pick<Call<unknown>, 'reply'>): boolean {
  return call.reply?.status !== 200;
}
