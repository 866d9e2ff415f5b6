import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { CLOCK, outerClock, type Clock } from '@tidemark/kernel';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { NotificationOutbox, type PendingNotification } from './notification-outbox.js';
import { signedHeaders } from './signature.js';

const POLL_MS = 1_000;
const TIMEOUT_MS = 10_000;
const BATCH = 20;
/** Waits between attempts, seconds; the last is repeated until the message is three days old. */
const WAITS_S = [5, 30, 120, 600, 3_600];
const GIVE_UP_MS = 3 * 86_400_000;
/** Characters of an answer that are kept. */
const SHOWN = 200;

/**
 * Posts what is in the outbox to the configured webhook, signed, from the worker: the work that caused it never waits.
 * At least once: the receiver tells repeats apart by `webhook-id`. Any number of workers may send; each row has one sender.
 */
@Injectable()
export class WebhookSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly clock: Clock;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;

  constructor(
    private readonly outbox: NotificationOutbox,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'webhook'>,
    @Inject(CLOCK) clock: Clock,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.clock = outerClock(clock);
  }

  onApplicationBootstrap(): void {
    if (this.config.webhook.url === undefined) return;
    this.timer = setInterval(() => void this.send(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
  }

  /** Sends what is due. One run at a time. */
  send(): Promise<void> {
    this.sending ??= this.sendDue()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'notifications could not be read: tried again'))
      .finally(() => (this.sending = undefined));
    return this.sending;
  }

  private async sendDue(): Promise<void> {
    for (const notification of await this.outbox.claim(BATCH, BATCH * TIMEOUT_MS)) {
      const failure = await this.post(notification);
      this.metrics.notifications.inc({ outcome: failure === undefined ? 'sent' : 'failed' });
      if (failure === undefined) await this.outbox.sent(notification.id);
      else await this.outbox.failed(notification.id, failure, this.nextAttempt(notification));
    }
  }

  /** Undefined when it was taken, else why not. */
  private async post({ id, kind, agent, data, createdAt }: PendingNotification): Promise<string | undefined> {
    const { url = '', secret = '' } = this.config.webhook;
    const body = JSON.stringify({ type: kind, timestamp: createdAt.toISOString(), data: { agent, ...data } });
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signedHeaders(secret, id, this.clock.now(), body) },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return undefined;
      return `HTTP ${response.status}: ${(await response.text()).slice(0, SHOWN)}`;
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error };
      return (cause?.message ?? message).slice(0, SHOWN);
    }
  }

  private nextAttempt({ id, attempts, createdAt }: PendingNotification): Date | undefined {
    const now = this.clock.now().getTime();
    if (now - createdAt.getTime() > GIVE_UP_MS) {
      this.logger.error({ notification: id, attempts }, 'a notification nobody took for three days is given up');
      return undefined;
    }
    const wait = WAITS_S[Math.min(attempts, WAITS_S.length - 1)]!;
    return new Date(now + wait * 1000);
  }
}
