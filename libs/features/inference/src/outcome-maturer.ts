import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { listen, type Subscription } from '@tidemark/database';
import { BARS_CHANNEL } from '@tidemark/market-data/read';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import { OutcomeService } from './outcome.service.js';

/** Predictions about bars long known mature by this poll; new bars are told at once. */
const POLL_MS = 10_000;

/** Matures outcomes in the worker when bars arrive, and regularly for predictions logged after their bars. */
@Injectable()
export class OutcomeMaturer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;

  constructor(
    private readonly outcomes: OutcomeService,
    private readonly agents: AgentCatalog,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.subscription = await listen(this.config.databaseUrl, BARS_CHANNEL, () => void this.run());
    this.timer = setInterval(() => void this.run(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.subscription?.close();
    await this.running;
  }

  /** One run at a time; bars that arrive during a run make one more. */
  private run(): Promise<void> {
    this.isWanted = true;
    this.running ??= this.runUntilDone();
    return this.running;
  }

  private async runUntilDone(): Promise<void> {
    while (this.isWanted) {
      this.isWanted = false;
      await this.matureAll();
    }
    this.running = undefined;
  }

  private async matureAll(): Promise<void> {
    for (const { agent } of this.agents.all()) {
      try {
        const added = await this.outcomes.mature(agent.agent);
        if (added > 0) this.logger.info({ agent: agent.agent, outcomes: added }, 'outcomes matured');
      } catch (error) {
        this.logger.warn(
          { agent: agent.agent, err: error },
          'outcomes not matured: tried again at the next bar or poll',
        );
      }
    }
  }
}
