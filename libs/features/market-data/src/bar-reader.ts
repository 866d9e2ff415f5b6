import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { listen, type Subscription } from '@tidemark/database';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import { BarRepository } from './bar.repository.js';
import { BARS_CHANNEL, type BarReader } from './read/index.js';
import { SeriesHistory, type SeriesSnapshot } from './series-snapshot.js';

/** Longest time a snapshot may miss a committed bar when the notification was lost. */
const REFRESH_MS = 1_000;

interface Entry {
  readonly history: SeriesHistory;
  checkedAt: number;
  isDirty: boolean;
  refreshing?: Promise<void>;
}

/**
 * Series held in memory, refreshed by notification and at least every second of use. When Postgres is away the last
 * known rows answer: predictions go on.
 */
@Injectable()
export class CachedBarReader implements BarReader, OnModuleInit, BeforeApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private listener: Subscription | undefined;

  constructor(
    private readonly repository: BarRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.listener = await listen(this.config.databaseUrl, BARS_CHANNEL, () => this.markAllDirty());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.listener?.close();
  }

  async series(series: string, asOf?: Date): Promise<SeriesSnapshot> {
    const entry = this.entryOf(series);
    if (entry.isDirty || performance.now() - entry.checkedAt > REFRESH_MS) await this.refresh(series, entry);
    return entry.history.asOf(asOf ?? this.clock.now());
  }

  private entryOf(series: string): Entry {
    const known = this.entries.get(series);
    if (known !== undefined) return known;
    const entry: Entry = { history: new SeriesHistory(series), checkedAt: 0, isDirty: true };
    this.entries.set(series, entry);
    return entry;
  }

  private refresh(series: string, entry: Entry): Promise<void> {
    entry.refreshing ??= this.read(series, entry).finally(() => (entry.refreshing = undefined));
    return entry.refreshing;
  }

  private async read(series: string, entry: Entry): Promise<void> {
    entry.isDirty = false;
    try {
      entry.history.add(await this.repository.since(series, entry.history.lastRowId));
      entry.checkedAt = performance.now();
    } catch (error) {
      entry.isDirty = true;
      if (entry.history.lastRowId === 0) throw error;
      this.logger.warn({ series, err: error }, 'bars come from memory: the database did not answer');
    }
  }

  private markAllDirty(): void {
    for (const entry of this.entries.values()) entry.isDirty = true;
  }
}
