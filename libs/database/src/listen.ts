import pg from 'pg';
import { withDatabaseErrors } from './database-errors.js';
import { execute, quoteIdentifier, type SqlExecutor } from './sql.js';

/** Payload of a notification; `undefined` after a reconnect, when notifications may have been missed: read again. */
export type NotificationHandler = (payload: string | undefined) => void;

export interface ListenOptions {
  /** First wait before a reconnect, doubled up to `maxDelayMs`; defaults 100 ms and 5 s. */
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Called once per lost or refused connection. */
  readonly onError?: (error: unknown) => void;
}

export interface Subscription {
  /** True while a connection is up and listening. */
  readonly connected: boolean;
  close(): Promise<void>;
}

/** Sends a notification; inside a transaction it is delivered when that commits, and not at all if it rolls back. */
export async function notify(executor: SqlExecutor, channel: string, payload: string): Promise<void> {
  await execute(executor, 'select pg_notify($1, $2)', [channel, payload]);
}

/**
 * LISTENs on its own session connection (a pooled one would lose the subscription). The first connection is awaited
 * and its failure thrown; afterwards a lost connection is replaced with growing delays, and the handler is called with
 * `undefined` after each reconnect, because what was sent meanwhile is lost.
 */
export async function listen(
  url: string,
  channel: string,
  handler: NotificationHandler,
  options: ListenOptions = {},
): Promise<Subscription> {
  const listener = new Listener(url, channel, handler, options);
  await withDatabaseErrors(() => listener.connect());
  return listener;
}

class Listener implements Subscription {
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private attempts = 0;
  private isClosed = false;

  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly handler: NotificationHandler,
    private readonly options: ListenOptions,
  ) {}

  get connected(): boolean {
    return this.client !== undefined;
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: `tidemark listen ${this.channel}`,
    });
    client.on('notification', ({ payload }) => this.handler(payload ?? ''));
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, undefined));
    try {
      await client.connect();
      await client.query(`listen ${quoteIdentifier(this.channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.isClosed) return client.end();
    this.client = client;
    this.attempts = 0;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private lost(client: pg.Client, error: unknown): void {
    if (this.isClosed || this.client !== client) return;
    this.client = undefined;
    if (error !== undefined) this.options.onError?.(error);
    void client.end().catch(() => undefined);
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    if (this.isClosed) return;
    const { minDelayMs = 100, maxDelayMs = 5_000 } = this.options;
    const delay = Math.min(minDelayMs * 2 ** this.attempts, maxDelayMs);
    this.attempts = Math.min(this.attempts + 1, 30);
    this.retry = setTimeout(() => void this.reconnect(), delay);
    this.retry.unref();
  }

  private async reconnect(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      this.options.onError?.(error);
      this.scheduleReconnect();
      return;
    }
    if (this.connected) this.handler(undefined);
  }
}
