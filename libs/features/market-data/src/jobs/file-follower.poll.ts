import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { FileFollower } from '../file-follower.js';

const POLL_MS = 5_000;

/** Looks at the followed files regularly. Any number of workers may: they read on one after the other. */
@Injectable()
export class FileFollowerPoll implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly follower: FileFollower,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.follower.followed().length === 0) return;
    this.run();
    this.timer = setInterval(() => this.run(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private run(): void {
    this.running ??= this.poll().finally(() => (this.running = undefined));
  }

  private async poll(): Promise<void> {
    const bars = await this.follower.poll();
    this.metrics.lastSuccess.set({ job: 'follow' }, this.clock.now().getTime() / 1000);
    if (bars > 0) this.logger.info({ bars }, 'bars taken in from followed files');
  }
}
