import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute } from '@tidemark/database';
import { CLOCK, currentTimeline, uuidV7, type Clock } from '@tidemark/kernel';
import { NotificationOutbox } from '@tidemark/notifications';
import type { DataSource } from 'typeorm';
import { kindOf } from './alert-rules.js';
import type { ErrorAlerts } from './read/index.js';

type Raised = Parameters<ErrorAlerts['raise']>[1];
type Cleared = Parameters<ErrorAlerts['clear']>[1];

/** Alerts beside those of the monitors' own states; one a monitor and subject, as theirs. */
@Injectable()
export class ErrorAlertService implements ErrorAlerts {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: NotificationOutbox,
  ) {}

  /** Nothing while it stands already. */
  async raise(agent: string, { monitor, subject, message, asOf }: Raised): Promise<void> {
    const kind = kindOf(monitor);
    const severity = 'critical';
    const opened = await execute(
      this.dataSource,
      `insert into alerts (id, timeline_id, agent, kind, severity, monitor, subject, state, message, opened_as_of, opened_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'firing', $8, $9, $10)
       on conflict (timeline_id, agent, monitor, subject) where state = 'firing' do nothing returning id`,
      [
        ...[uuidV7(this.clock), currentTimeline(), agent, kind, severity],
        ...[monitor, subject, message, asOf, this.clock.now()],
      ],
    );
    if (opened === 0) return;
    const runbook = `docs/runbooks/${monitor}.md`;
    const data = { kind, severity, monitor, subject, message, asOf: asOf.toISOString(), runbook };
    await this.outbox.add({ kind: 'alert.opened', agent, data });
  }

  async clear(agent: string, { monitor, subject, by, asOf }: Cleared): Promise<void> {
    const resolved = await execute(
      this.dataSource,
      `update alerts set state = 'resolved', resolved_as_of = $5, resolved_at = $6, resolved_by = $7
       where timeline_id = $1 and agent = $2 and monitor = $3 and subject = $4 and state = 'firing'`,
      [currentTimeline(), agent, monitor, subject, asOf, this.clock.now(), by],
    );
    if (resolved === 0) return;
    await this.outbox.add({ kind: 'alert.resolved', agent, data: { monitor, subject, by, asOf: asOf.toISOString() } });
  }
}
