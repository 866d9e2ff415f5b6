import { Inject, Injectable } from '@nestjs/common';
import type { AlertKind, MonitorSpeaks, MonitorStatus, Severity } from '@tidemark/contracts';
import { DATA_SOURCE, selectRows } from '@tidemark/database';
import { currentTimeline } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { DriftPoint, MonitoringReader, TimelineAlarm } from './read/index.js';

/** `degenerate` and `insufficient` rows have no limit to be held against. */
const SPOKEN: readonly MonitorStatus[] = ['ok', 'warning', 'critical'];

/** What the monitors left on a timeline, from its first bar to its last. Reads only. */
@Injectable()
export class TimelineHistoryRepository implements MonitoringReader {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async alarms(agent: string, timeline = currentTimeline()): Promise<TimelineAlarm[]> {
    const rows = await selectRows<{
      kind: AlertKind;
      severity: Severity;
      monitor: string;
      subject: string;
      opened_as_of: Date;
      resolved_as_of: Date | null;
      message: string;
    }>(
      this.dataSource,
      `select kind, severity, monitor, subject, opened_as_of, resolved_as_of, message from alerts
       where timeline_id = $1 and agent = $2 order by opened_as_of, monitor, subject`,
      [timeline, agent],
    );
    return rows.map(({ opened_as_of, resolved_as_of, ...alarm }) => ({
      ...alarm,
      openedAsOf: opened_as_of,
      resolvedAsOf: resolved_as_of ?? undefined,
    }));
  }

  async speaking(agent: string, timeline = currentTimeline()): Promise<MonitorSpeaks[]> {
    const rows = await selectRows<{
      monitor: string;
      subjects: number;
      silent: number;
      first: Date | null;
      last: Date | null;
    }>(
      this.dataSource,
      `select monitor, count(*)::int as subjects, (count(*) - count(speaks_from))::int as silent,
         min(speaks_from) as first, max(speaks_from) as last
       from monitor_state where timeline_id = $1 and agent = $2 and subject <> monitor group by monitor order by monitor`,
      [timeline, agent],
    );
    return rows.map(({ monitor, subjects, silent, first, last }) => ({
      monitor,
      subjects,
      silent,
      from: first?.toISOString(),
      allFrom: silent === 0 ? last?.toISOString() : undefined,
    }));
  }

  async drift(agent: string, timeline = currentTimeline()): Promise<DriftPoint[]> {
    const rows = await selectRows<{ monitor: string; subject: string; as_of: Date; ratio: number }>(
      this.dataSource,
      `select monitor, subject, as_of, value / limit_value as ratio from drift_metrics
       where timeline_id = $1 and agent = $2 and value is not null and limit_value > 0 and status = any($3::text[])
       order by monitor, subject, as_of`,
      [timeline, agent, SPOKEN],
    );
    return rows.map(({ as_of, ...point }) => ({ ...point, asOf: as_of }));
  }
}
