import { Inject, Injectable } from '@nestjs/common';
import type { MonitorStatus, Severity } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows } from '@tidemark/database';
import { CLOCK, uuidV7, type Clock } from '@tidemark/kernel';
import { NotificationOutbox } from '@tidemark/notifications';
import type { DataSource } from 'typeorm';
import type { AlertChanges, AlertOpening, MonitorState } from './alert-desk.js';
import type { DriftEvaluation, MonitorName, PerformanceEvaluation } from './evaluation.js';
import type { Phase } from './hysteresis.js';
import type { FeatureImportance } from './importance.js';
import { WITH_NEWEST } from './newest-figures.js';

/** Whose monitors: one agent on one timeline. */
export interface MonitorKey {
  readonly timeline: string;
  readonly agent: string;
}

/** What one bar leaves. */
export interface BarFindings {
  readonly asOf: Date;
  readonly version: string;
  readonly drift: readonly DriftEvaluation[];
  readonly performance: readonly PerformanceEvaluation[];
  readonly importance: readonly FeatureImportance[];
  readonly changes: AlertChanges;
}

interface StateRow {
  monitor: MonitorName;
  subject: string;
  phase: Phase;
  streak: number;
  speaks_from: Date | null;
  status: MonitorStatus | null;
  value: number | null;
  limit_value: number | null;
  severity: Severity | null;
}

const STATES = `select s.monitor, s.subject, s.phase, s.streak, s.speaks_from, f.status, f.value, f.limit_value, a.severity
  from monitor_state s ${WITH_NEWEST} where s.timeline_id = $1 and s.agent = $2`;

const FIGURES = `with drift as (
    insert into drift_metrics (timeline_id, agent, as_of, monitor, subject, statistic, value, limit_value, status, pairs,
      window_bars, reference_bars, reference_end, details)
    select $1, $2, $3::timestamptz, t.* from unnest($5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[],
      $10::text[], $11::int[], $12::int[], $13::int[], $14::timestamptz[], $15::jsonb[]) as t
  ), performance as (
    insert into model_performance_history (timeline_id, agent, as_of, version, monitor, bars, value, limit_value, status,
      details)
    select $1, $2, $3::timestamptz, $4, t.* from unnest($16::text[], $17::int[], $18::float8[], $19::float8[],
      $20::text[], $21::jsonb[]) as t
  )
  insert into monitor_state (timeline_id, agent, monitor, subject, phase, streak, speaks_from)
  select $1, $2, t.* from unnest($22::text[], $23::text[], $24::text[], $25::int[], $26::timestamptz[]) as t
  on conflict on constraint pk_monitor_state
    do update set phase = excluded.phase, streak = excluded.streak, speaks_from = excluded.speaks_from`;

/** Reads and writes of the monitors themselves: what a bar leaves is one statement where no alert changes. */
@Injectable()
export class MonitorRepository {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: NotificationOutbox,
  ) {}

  async states({ timeline, agent }: MonitorKey): Promise<MonitorState[]> {
    const rows = await selectRows<StateRow>(this.dataSource, STATES, [timeline, agent]);
    return rows.map((row) => ({
      monitor: row.monitor,
      subject: row.subject,
      phase: row.phase,
      streak: row.streak,
      speaksFrom: row.speaks_from ?? undefined,
      status: row.status ?? 'insufficient',
      value: row.value ?? undefined,
      limit: row.limit_value ?? undefined,
      severity: row.severity ?? undefined,
    }));
  }

  /** Event time of the last bar observed: each leaves one row of `data_age`. */
  async lastSeen({ timeline, agent }: MonitorKey): Promise<Date | undefined> {
    const row = await selectOne<{ as_of: Date | null }>(
      this.dataSource,
      `select max(as_of) as as_of from drift_metrics
       where timeline_id = $1 and agent = $2 and monitor = 'data_age' and subject = 'bars'`,
      [timeline, agent],
    );
    return row?.as_of ?? undefined;
  }

  async lastImportance({ timeline, agent }: MonitorKey): Promise<Date | undefined> {
    const row = await selectOne<{ as_of: Date | null }>(
      this.dataSource,
      'select max(as_of) as as_of from feature_importance where timeline_id = $1 and agent = $2',
      [timeline, agent],
    );
    return row?.as_of ?? undefined;
  }

  /**
   * Predictions of callers in each of the spans between neighbouring instants; undefined when callers never asked.
   */
  async volumes({ timeline, agent }: MonitorKey, instants: readonly Date[]): Promise<number[] | undefined> {
    const texts = instants.map((instant) => instant.toISOString());
    const rows = await selectRows<{ count: number }>(
      this.dataSource,
      `select (select count(*) from predictions p where p.timeline_id = $1 and p.agent = $2 and p.mode = 'live'
         and p.at >= s.opens and p.at < s.closes)::int as count
       from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as s (opens, closes, place)
       where exists (select 1 from predictions p where p.timeline_id = $1 and p.agent = $2 and p.mode = 'live')
       order by s.place`,
      [timeline, agent, texts.slice(0, -1), texts.slice(1)],
    );
    return rows.length === 0 ? undefined : rows.map(({ count }) => count);
  }

  /**
   * Answers to callers about a bar, from bars and by the version the loop asked, beside the loop's own; undefined when
   * there are none. NULL is NULL and NaN is NaN here.
   */
  async callerAnswers(
    { timeline, agent }: MonitorKey,
    asOf: Date,
  ): Promise<{ readonly compared: number; readonly differing: number; readonly loopAt: Date } | undefined> {
    const row = await selectOne<{ compared: number; differing: number; loop_at: Date }>(
      this.dataSource,
      `select l.at as loop_at, count(*)::int as compared,
         (count(*) filter (where c.inputs_sha256 <> l.inputs_sha256 or c.outputs <> l.outputs))::int as differing
       from predictions l join predictions c on c.timeline_id = l.timeline_id and c.agent = l.agent and c.as_of = l.as_of
         and c.version_id = l.version_id and c.mode = 'live'
       where l.timeline_id = $1 and l.agent = $2 and l.mode = 'loop' and l.as_of = $3 group by l.at`,
      [timeline, agent, asOf],
    );
    return row && { compared: row.compared, differing: row.differing, loopAt: row.loop_at };
  }

  async store(key: MonitorKey, findings: BarFindings): Promise<void> {
    const { changes } = findings;
    await this.storeFigures(key, findings);
    if (findings.importance.length > 0) await this.storeImportance(key, findings);
    // Resolved first: the alert of a group takes the place of its members.
    if (changes.resolved.length > 0) await this.resolve(key, findings.asOf, changes.resolved);
    if (changes.opened.length > 0) await this.open(key, findings.asOf, changes.opened);
    await this.tell(key, findings);
    for (const { monitor, subject, severity } of changes.escalated) {
      await execute(
        this.dataSource,
        `update alerts set severity = $5 where timeline_id = $1 and agent = $2 and monitor = $3 and subject = $4
           and state = 'firing'`,
        [key.timeline, key.agent, monitor, subject, severity],
      );
    }
  }

  /** With the alert, in the same transaction. */
  private async tell({ agent }: MonitorKey, { asOf, changes }: BarFindings): Promise<void> {
    for (const { kind, severity, monitor, subject, message, value, limit } of changes.opened) {
      const runbook = `docs/runbooks/${monitor}.md`;
      const data = { kind, severity, monitor, subject, message, value, limit, asOf: asOf.toISOString(), runbook };
      await this.outbox.add({ kind: 'alert.opened', agent, data });
    }
    for (const { monitor, subject, by } of changes.resolved) {
      await this.outbox.add({
        kind: 'alert.resolved',
        agent,
        data: { monitor, subject, by, asOf: asOf.toISOString() },
      });
    }
  }

  /** Drift, performance and changed states in one statement: it runs at every bar of a replay. */
  private async storeFigures({ timeline, agent }: MonitorKey, findings: BarFindings): Promise<void> {
    const { asOf, version, drift, performance, changes } = findings;
    await execute(this.dataSource, FIGURES, [
      timeline,
      agent,
      asOf,
      version,
      drift.map((row) => row.monitor),
      drift.map((row) => row.subject),
      drift.map((row) => row.statistic),
      drift.map((row) => row.value ?? null),
      drift.map((row) => row.limit ?? null),
      drift.map((row) => row.status),
      drift.map((row) => row.pairs),
      drift.map((row) => row.windowBars),
      drift.map((row) => row.referenceBars),
      drift.map((row) => row.referenceEnd?.toISOString() ?? null),
      drift.map((row) => JSON.stringify(row.details)),
      performance.map((row) => row.monitor),
      performance.map((row) => row.bars),
      performance.map((row) => row.value ?? null),
      performance.map((row) => row.limit ?? null),
      performance.map((row) => row.status),
      performance.map((row) => JSON.stringify(row.details)),
      changes.states.map((row) => row.monitor),
      changes.states.map((row) => row.subject),
      changes.states.map((row) => row.phase),
      changes.states.map((row) => row.streak),
      changes.states.map((row) => row.speaksFrom?.toISOString() ?? null),
    ]);
  }

  private async storeImportance(
    { timeline, agent }: MonitorKey,
    { asOf, importance: rows }: BarFindings,
  ): Promise<void> {
    await execute(
      this.dataSource,
      `insert into feature_importance (timeline_id, agent, as_of, version, feature, importance, standard_error, bars,
         repeats, seed)
       select $1, $2, $3, t.* from unnest($4::text[], $5::text[], $6::float8[], $7::float8[], $8::int[], $9::int[],
         $10::bigint[]) as t`,
      [
        timeline,
        agent,
        asOf,
        rows.map((row) => row.version),
        rows.map((row) => row.feature),
        rows.map((row) => row.importance),
        rows.map((row) => row.standardError ?? null),
        rows.map((row) => row.bars),
        rows.map((row) => row.repeats),
        rows.map((row) => row.seed),
      ],
    );
  }

  private async resolve(
    { timeline, agent }: MonitorKey,
    asOf: Date,
    resolved: AlertChanges['resolved'],
  ): Promise<void> {
    await execute(
      this.dataSource,
      `update alerts a set state = 'resolved', resolved_as_of = $3, resolved_at = $4, resolved_by = t.resolver
       from unnest($5::text[], $6::text[], $7::text[]) as t (monitor, subject, resolver)
       where a.timeline_id = $1 and a.agent = $2 and a.monitor = t.monitor and a.subject = t.subject and a.state = 'firing'`,
      [
        timeline,
        agent,
        asOf,
        this.clock.now(),
        resolved.map(({ monitor }) => monitor),
        resolved.map(({ subject }) => subject),
        resolved.map(({ by }) => by),
      ],
    );
  }

  private async open({ timeline, agent }: MonitorKey, asOf: Date, opened: readonly AlertOpening[]): Promise<void> {
    await execute(
      this.dataSource,
      `insert into alerts (timeline_id, agent, opened_as_of, opened_at, state, id, kind, severity, monitor, subject, message,
         value, limit_value)
       select $1, $2, $3, $4, 'firing', t.* from unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
         $10::text[], $11::float8[], $12::float8[]) as t
       on conflict (timeline_id, agent, monitor, subject) where state = 'firing' do nothing`,
      [
        timeline,
        agent,
        asOf,
        this.clock.now(),
        opened.map(() => uuidV7(this.clock)),
        opened.map(({ kind }) => kind),
        opened.map(({ severity }) => severity),
        opened.map(({ monitor }) => monitor),
        opened.map(({ subject }) => subject),
        opened.map(({ message }) => message),
        opened.map(({ value }) => value ?? null),
        opened.map(({ limit }) => limit ?? null),
      ],
    );
  }
}
