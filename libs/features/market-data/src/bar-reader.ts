import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { apart, listen, type Subscription } from '@tidemark/database';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import { BarRepository } from './bar.repository.js';
import { BARS_CHANNEL, type BarReader } from './read/index.js';
import { SeriesHistory, type SeriesSnapshot } from './series-snapshot.js';

/** Longest time a snapshot may miss a committed bar when the notification was lost. */
const REFRESH_MS = 1_000;
/** Longest wait for a database that does not answer, while rows in memory can. */
const PATIENCE_MS = 100;

interface Entry {
  readonly history: SeriesHistory;
  /** When memory was last compared with the database, or the database last failed to answer. */
  checkedAt: number;
  isDirty: boolean;
  refreshing?: Promise<void>;
}

/**
 * Series held in memory: read at start for every agent, refreshed by notification and at least every second of use.
 * When Postgres is away, or slow, the last known rows answer: predictions go on.
 */
@Injectable()
export class CachedBarReader implements BarReader, OnModuleInit, BeforeApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private listener: Subscription | undefined;

  constructor(
    private readonly repository: BarRepository,
    private readonly agents: AgentCatalog,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Reads the agents' series, so that no caller waits for the first read. */
  async onModuleInit(): Promise<void> {
    this.listener = await listen(this.config.databaseUrl, BARS_CHANNEL, (series) => this.markDirty(series));
    for (const { agent } of this.agents.all()) await this.series(agent.source.series);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.listener?.close();
  }

  async series(series: string, asOf?: Date): Promise<SeriesSnapshot> {
    const entry = this.entryOf(series);
    if (entry.history.isEmpty) await this.refresh(series, entry);
    else if (entry.isDirty || performance.now() - entry.checkedAt > REFRESH_MS) await this.tryRefresh(series, entry);
    return entry.history.asOf(asOf ?? this.clock.now());
  }

  async fresh(series: string, asOf?: Date): Promise<SeriesSnapshot> {
    const entry = this.entryOf(series);
    // A read under way may have begun before the caller's bars were committed.
    await entry.refreshing?.catch(() => undefined);
    await this.refresh(series, entry);
    return entry.history.asOf(asOf ?? this.clock.now());
  }

  private entryOf(series: string): Entry {
    const known = this.entries.get(series);
    if (known !== undefined) return known;
    const entry: Entry = { history: new SeriesHistory(series), checkedAt: 0, isDirty: true };
    this.entries.set(series, entry);
    return entry;
  }

  /** Refreshes unless the database fails or is slow; then memory answers, and the database is asked again in a second. */
  private async tryRefresh(series: string, entry: Entry): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), PATIENCE_MS);
    });
    const read = this.refresh(series, entry).catch((error: unknown) => {
      this.logger.warn({ series, err: error }, 'bars come from memory: the database did not answer');
      return 'late' as const;
    });
    if ((await Promise.race([read, late])) === 'late') {
      entry.isDirty = false;
      entry.checkedAt = performance.now();
    }
    clearTimeout(timer);
  }

  private refresh(series: string, entry: Entry): Promise<void> {
    entry.refreshing ??= this.read(series, entry).finally(() => (entry.refreshing = undefined));
    return entry.refreshing;
  }

  private async read(series: string, entry: Entry): Promise<void> {
    entry.isDirty = false;
    entry.history.add(await apart(() => this.repository.since(series, entry.history.lastRowId)));
    entry.checkedAt = performance.now();
  }

  /** Without a series, after a reconnect, any may have changed. */
  private markDirty(series: string | undefined): void {
    for (const [name, entry] of this.entries) if (series === undefined || series === name) entry.isDirty = true;
  }
}
