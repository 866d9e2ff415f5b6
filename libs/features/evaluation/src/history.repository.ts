import { Inject, Injectable } from '@nestjs/common';
import type { Alarms, DecisionResult, MonitorStatus, Policy, ResultTable } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import type { DataSource } from 'typeorm';
import type { TimelineAlarm } from './alarms.js';
import type { TimelineDecision } from './decision-counts.js';

/** The policy that a timeline's loop ran under. */
export interface LoopFacts {
  readonly policy: Policy;
  readonly policyHash: string;
}

/** A drift statistic of one bar as a multiple of its limit. */
export interface DriftPoint {
  readonly monitor: string;
  readonly subject: string;
  readonly asOf: Date;
  readonly ratio: number;
}

/** `degenerate` and `insufficient` rows have no limit to be held against. */
const SPOKEN: readonly MonitorStatus[] = ['ok', 'warning', 'critical'];

/** What a timeline left in the tables of the loop. Reads only, for the table and the report. */
@Injectable()
export class HistoryRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async loop(timeline: string, agent: string): Promise<LoopFacts | undefined> {
    const row = await selectOne<{ policy: Policy; policy_hash: string }>(
      this.dataSource,
      'select policy, policy_hash from agent_loops where timeline_id = $1 and agent = $2',
      [timeline, agent],
    );
    return row === undefined ? undefined : { policy: row.policy, policyHash: row.policy_hash };
  }

  /** Decisions that asked for something, oldest first. */
  async decisions(timeline: string, agent: string): Promise<TimelineDecision[]> {
    const rows = await selectRows<{
      action: TimelineDecision['action'];
      slot_at: Date;
      as_of: Date;
      reason: string;
      result: DecisionResult;
    }>(
      this.dataSource,
      `select action, slot_at, as_of, reason, result from decisions
       where timeline_id = $1 and agent = $2 and action <> 'none' order by slot_at, kind desc`,
      [timeline, agent],
    );
    return rows.map(({ action, slot_at, as_of, reason, result }) => ({
      action,
      slotAt: slot_at,
      asOf: as_of,
      reason,
      mode: result.mode,
      version: result.target?.version,
    }));
  }

  /** Oldest first. */
  async alarms(timeline: string, agent: string): Promise<TimelineAlarm[]> {
    const rows = await selectRows<{
      kind: Alarms['kinds'][number]['kind'];
      severity: string;
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

  /** From which bar each monitor could raise alarms, over its subjects. */
  async monitors(timeline: string, agent: string): Promise<ResultTable['monitors']> {
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
       from monitor_state where timeline_id = $1 and agent = $2 group by monitor order by monitor`,
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

  /** Every drift statistic that had a limit, by subject and time. */
  async drift(timeline: string, agent: string): Promise<DriftPoint[]> {
    const rows = await selectRows<{ monitor: string; subject: string; as_of: Date; ratio: number }>(
      this.dataSource,
      `select monitor, subject, as_of, value / limit_value as ratio from drift_metrics
       where timeline_id = $1 and agent = $2 and value is not null and limit_value > 0 and status = any($3::text[])
       order by monitor, subject, as_of`,
      [timeline, agent, SPOKEN],
    );
    return rows.map(({ as_of, ...point }) => ({ ...point, asOf: as_of }));
  }

  /** Configurations scored by the trainings of these timelines, each counted as often as it was scored. */
  async configurationsTried(timelines: readonly string[], agent: string): Promise<number> {
    const row = await selectOne<{ tried: number }>(
      this.dataSource,
      `select coalesce(sum(configurations_tried), 0)::int as tried from model_runs
       where agent = $1 and timeline_id = any($2::text[])`,
      [agent, timelines],
    );
    return row!.tried;
  }
}
