import { Inject, Injectable } from '@nestjs/common';
import type { Alert, AlertKind, Severity } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import { CLOCK, callerError, notFound, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';

interface AlertRow {
  id: string;
  timeline_id: string;
  agent: string;
  kind: AlertKind;
  severity: Severity;
  monitor: string;
  subject: string;
  state: Alert['state'];
  message: string;
  value: number | null;
  limit_value: number | null;
  opened_as_of: Date;
  opened_at: Date;
  resolved_as_of: Date | null;
  resolved_at: Date | null;
  resolved_by: string | null;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  note: string | null;
}

export interface AlertPage {
  readonly timeline: string;
  readonly agent?: string;
  readonly state?: Alert['state'];
  readonly severity?: Severity;
  /** Time opened and id of the last row of the page before. */
  readonly before?: readonly [Date, string];
  readonly limit: number;
}

/** Alerts as people see and handle them. */
@Injectable()
export class AlertRepository {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit`. */
  async page(page: AlertPage): Promise<Alert[]> {
    const rows = await selectRows<AlertRow>(
      this.dataSource,
      `select * from alerts
       where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or state = $3)
         and ($4::text is null or severity = $4)
         and ($5::timestamptz is null or (opened_at, id) < ($5, $6::uuid))
       order by opened_at desc, id desc limit $7`,
      [page.timeline, page.agent, page.state, page.severity, page.before?.[0], page.before?.[1], page.limit + 1],
    );
    return rows.map(toAlert);
  }

  /** Says that a person knows; the alert stands until its condition ends. @throws ALERT_UNKNOWN */
  async acknowledge(id: string, actor: string, note?: string): Promise<Alert> {
    const row = await selectOne<AlertRow>(
      this.dataSource,
      `update alerts set acknowledged_at = $2, acknowledged_by = $3, note = coalesce($4, note) where id = $1 returning *`,
      [id, this.clock.now(), actor, note ?? null],
    );
    if (row === undefined) throw unknown(id);
    return toAlert(row);
  }

  /**
   * Closes an alert by hand. The same monitor raises another only after its condition has cleared.
   * @throws ALERT_UNKNOWN, ALERT_RESOLVED
   */
  async resolve(id: string, actor: string, note?: string): Promise<Alert> {
    const resolved = await selectOne<AlertRow>(
      this.dataSource,
      `update alerts set state = 'resolved', resolved_at = $2, resolved_by = $3, note = coalesce($4, note)
       where id = $1 and state = 'firing' returning *`,
      [id, this.clock.now(), actor, note ?? null],
    );
    if (resolved !== undefined) return toAlert(resolved);
    const known = await selectOne<AlertRow>(this.dataSource, 'select * from alerts where id = $1', [id]);
    if (known === undefined) throw unknown(id);
    const message = `The alert was resolved ${known.resolved_at?.toISOString() ?? ''} by ${known.resolved_by ?? ''}: nothing is left to do.`;
    throw callerError('ALERT_RESOLVED', message, { status: 409, details: { id } });
  }
}

function unknown(id: string): Error {
  return notFound('ALERT_UNKNOWN', `There is no alert ${id}; list them with GET /api/v1/monitoring/alerts.`, { id });
}

function toAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    timeline: row.timeline_id,
    agent: row.agent,
    kind: row.kind,
    severity: row.severity,
    monitor: row.monitor,
    subject: row.subject,
    state: row.state,
    message: row.message,
    value: row.value ?? undefined,
    limit: row.limit_value ?? undefined,
    openedAsOf: row.opened_as_of.toISOString(),
    openedAt: row.opened_at.toISOString(),
    resolvedAsOf: row.resolved_as_of?.toISOString(),
    resolvedAt: row.resolved_at?.toISOString(),
    resolvedBy: row.resolved_by ?? undefined,
    acknowledgedAt: row.acknowledged_at?.toISOString(),
    acknowledgedBy: row.acknowledged_by ?? undefined,
    note: row.note ?? undefined,
  };
}
