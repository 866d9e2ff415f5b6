import { Inject, Injectable } from '@nestjs/common';
import type { DriftMetric, Importance, MonitorStatus, MonitorSummary, Performance } from '@tidemark/contracts';
import { DATA_SOURCE, selectRows } from '@tidemark/database';
import type { DataSource } from 'typeorm';
import type { Phase } from './hysteresis.js';
import type { MonitorKey } from './monitor.repository.js';
import { WITH_NEWEST } from './newest-figures.js';

/** One page of rows of a timeline, newest first. `before`: keys of the last row of the page before. */
export interface MetricPage {
  readonly timeline: string;
  readonly agent?: string;
  readonly monitor?: string;
  readonly subject?: string;
  readonly status?: MonitorStatus;
  readonly before?: readonly (Date | string)[];
  readonly limit: number;
}

interface DriftRow {
  timeline_id: string;
  agent: string;
  monitor: string;
  subject: string;
  as_of: Date;
  statistic: string;
  value: number | null;
  limit_value: number | null;
  status: MonitorStatus;
  pairs: number;
  window_bars: number;
  reference_bars: number;
  reference_end: Date | null;
  details: Record<string, unknown>;
}

interface PerformanceRow {
  timeline_id: string;
  agent: string;
  monitor: string;
  as_of: Date;
  version: string;
  bars: number;
  value: number | null;
  limit_value: number | null;
  status: MonitorStatus;
  details: Record<string, unknown>;
}

interface ImportanceRow {
  timeline_id: string;
  agent: string;
  as_of: Date;
  version: string;
  feature: string;
  importance: number;
  standard_error: number | null;
  bars: number;
  repeats: number;
  seed: string;
}

interface SummaryRow {
  monitor: string;
  subject: string;
  phase: Phase;
  speaks_from: Date | null;
  as_of: Date | null;
  statistic: string | null;
  value: number | null;
  limit_value: number | null;
  status: MonitorStatus | null;
  alert: string | null;
}

/** Reads of what the monitors stored; one row more than `limit`. */
@Injectable()
export class MetricRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async drift(page: MetricPage): Promise<DriftMetric[]> {
    const rows = await selectRows<DriftRow>(
      this.dataSource,
      `select * from drift_metrics
       where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or monitor = $3)
         and ($4::text is null or subject = $4) and ($5::text is null or status = $5)
         and ($6::timestamptz is null or (as_of, agent, monitor, subject) < ($6, $7::text, $8::text, $9::text))
       order by as_of desc, agent desc, monitor desc, subject desc limit $10`,
      [page.timeline, page.agent, page.monitor, page.subject, page.status, ...keys(page, 4), page.limit + 1],
    );
    return rows.map((row) => ({
      ...identity(row),
      monitor: row.monitor,
      subject: row.subject,
      statistic: row.statistic,
      ...figures(row),
      pairs: row.pairs,
      windowBars: row.window_bars,
      referenceBars: row.reference_bars,
      referenceEnd: row.reference_end?.toISOString(),
      details: row.details,
    }));
  }

  async performance(page: MetricPage): Promise<Performance[]> {
    const rows = await selectRows<PerformanceRow>(
      this.dataSource,
      `select * from model_performance_history
       where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or monitor = $3)
         and ($4::timestamptz is null or (as_of, agent, monitor) < ($4, $5::text, $6::text))
       order by as_of desc, agent desc, monitor desc limit $7`,
      [page.timeline, page.agent, page.monitor, ...keys(page, 3), page.limit + 1],
    );
    return rows.map((row) => ({
      ...identity(row),
      monitor: row.monitor,
      version: row.version,
      bars: row.bars,
      ...figures(row),
      details: row.details,
    }));
  }

  async importance(page: MetricPage): Promise<Importance[]> {
    const rows = await selectRows<ImportanceRow>(
      this.dataSource,
      `select * from feature_importance
       where timeline_id = $1 and ($2::text is null or agent = $2)
         and ($3::timestamptz is null or (as_of, agent, feature) < ($3, $4::text, $5::text))
       order by as_of desc, agent desc, feature desc limit $6`,
      [page.timeline, page.agent, ...keys(page, 3), page.limit + 1],
    );
    return rows.map((row) => ({
      ...identity(row),
      version: row.version,
      feature: row.feature,
      importance: row.importance,
      standardError: row.standard_error ?? undefined,
      bars: row.bars,
      repeats: row.repeats,
      seed: Number(row.seed),
    }));
  }

  /** Newest figures of every monitor and subject of an agent. */
  async summary({ timeline, agent }: MonitorKey): Promise<MonitorSummary[]> {
    const rows = await selectRows<SummaryRow>(
      this.dataSource,
      `select s.monitor, s.subject, s.phase, s.speaks_from, f.as_of, f.statistic, f.value, f.limit_value, f.status,
         a.id as alert
       from monitor_state s ${WITH_NEWEST}
       where s.timeline_id = $1 and s.agent = $2 order by s.monitor, s.subject`,
      [timeline, agent],
    );
    return rows.map((row) => ({
      monitor: row.monitor,
      subject: row.subject,
      phase: row.phase,
      speaksFrom: row.speaks_from?.toISOString(),
      asOf: row.as_of?.toISOString(),
      statistic: row.statistic ?? undefined,
      value: row.value ?? undefined,
      limit: row.limit_value ?? undefined,
      status: row.status ?? undefined,
      alert: row.alert ?? undefined,
    }));
  }
}

/** Keys of the cursor as that many parameters. */
function keys({ before }: MetricPage, count: number): (Date | string | null)[] {
  return Array.from({ length: count }, (_, index) => before?.[index] ?? null);
}

function identity(row: { timeline_id: string; agent: string; as_of: Date }): {
  timeline: string;
  agent: string;
  asOf: string;
} {
  return { timeline: row.timeline_id, agent: row.agent, asOf: row.as_of.toISOString() };
}

function figures(row: { value: number | null; limit_value: number | null; status: MonitorStatus }): {
  value?: number;
  limit?: number;
  status: MonitorStatus;
} {
  return { value: row.value ?? undefined, limit: row.limit_value ?? undefined, status: row.status };
}
