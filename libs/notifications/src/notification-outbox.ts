import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, selectRows } from '@tidemark/database';
import { CLOCK, currentTimeline, currentWorld, liveTimeline, outerClock, uuidV7, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';

/** What is told, and about whom. */
export interface Notification {
  /** Names what must be told once, however often it is asked for. */
  readonly id?: string;
  /** Dotted, like `alert.opened` or `decision.made`. */
  readonly kind: string;
  readonly agent: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PendingNotification extends Notification {
  readonly id: string;
  readonly attempts: number;
  readonly createdAt: Date;
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly agent: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  readonly created_at: Date;
}

/** Notifications on their way: written with what they tell of, sent afterwards, kept until somebody has taken them. */
@Injectable()
export class NotificationOutbox {
  private readonly clock: Clock;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.clock = outerClock(clock);
  }

  /** In the transaction of what it tells of. Replays tell nobody anything. */
  async add({ id, kind, agent, data }: Notification): Promise<void> {
    if (currentTimeline() !== liveTimeline() || currentWorld()?.isReplay === true) return;
    const at = this.clock.now();
    await execute(
      this.dataSource,
      `insert into notification_outbox (id, kind, agent, body, created_at, next_at) values ($1, $2, $3, $4, $5, $5)
       on conflict (id) do nothing`,
      [id ?? uuidV7(this.clock), kind, agent, JSON.stringify(data), at],
    );
  }

  /** Takes due ones, oldest first, for the time it takes to send them: should the sender die, they are due again. */
  async claim(limit: number, forMs: number): Promise<PendingNotification[]> {
    const now = this.clock.now();
    const rows = await selectRows<Row>(
      this.dataSource,
      `update notification_outbox set next_at = $2 where id in (
         select id from notification_outbox where sent_at is null and failed_at is null and next_at <= $1
         order by created_at, id limit $3 for update skip locked)
       returning id, kind, agent, body, attempts, created_at`,
      [now, new Date(now.getTime() + forMs), limit],
    );
    return rows
      .map(({ body, created_at, ...row }) => ({ ...row, data: body, createdAt: created_at }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async sent(id: string): Promise<void> {
    await execute(
      this.dataSource,
      'update notification_outbox set sent_at = $2, attempts = attempts + 1 where id = $1',
      [id, this.clock.now()],
    );
  }

  /** Tried again at `nextAt`, or given up without one. */
  async failed(id: string, error: string, nextAt: Date | undefined): Promise<void> {
    await execute(
      this.dataSource,
      `update notification_outbox set attempts = attempts + 1, last_error = $2, next_at = coalesce($3, next_at),
         failed_at = case when $3::timestamptz is null then $4::timestamptz end where id = $1`,
      [id, error, nextAt ?? null, this.clock.now()],
    );
  }
}
