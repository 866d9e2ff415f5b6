import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { listen, type Subscription } from '@tidemark/database';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import { PRODUCTION_CHANNEL } from './read/index.js';
import { TimelineService } from './timeline.service.js';

/** Longest time a process belongs to the old timeline after a move whose notification was lost. */
const POLL_MS = 1_000;

/** Keeps this process on the timeline that the live pointer names, whoever moves it. */
@Injectable()
export class LiveTimelineWatcher implements OnModuleInit, BeforeApplicationShutdown {
  private subscription: Subscription | undefined;
  private poll: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly timelines: TimelineService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.subscription = await listen(this.config.databaseUrl, PRODUCTION_CHANNEL, () => void this.read());
    await this.timelines.live();
    this.poll = setInterval(() => void this.read(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.poll);
    await this.subscription?.close();
    await this.reading;
  }

  /** One read at a time; what changes during a read is found by the next poll. */
  private read(): Promise<void> {
    this.reading ??= this.follow().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async follow(): Promise<void> {
    try {
      await this.timelines.live();
    } catch (error) {
      this.logger.warn({ err: error }, 'live pointer not read: staying on the timeline known');
    }
  }
}
