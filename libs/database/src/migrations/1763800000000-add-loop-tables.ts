import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of walks keep their mode and their kind; nothing writes them any more. */
const CHECKS = `
alter table job_run drop constraint ck_job_run_kind;
alter table job_run add constraint ck_job_run_kind
  check (kind in ('ingest', 'train', 'walk', 'replay', 'slot', 'candidate', 'table', 'study', 'reconcile'));
alter table predictions drop constraint ck_predictions_mode;
alter table predictions add constraint ck_predictions_mode check (mode in ('live', 'replay', 'loop'));
alter table model_deployments drop constraint ck_model_deployments_action;
alter table model_deployments add constraint ck_model_deployments_action
  check (action in ('baseline', 'promote', 'rollback', 'adopt'));
`;

const TIMELINES = `
alter table timelines add column purpose text not null default 'replay'
  constraint ck_timelines_purpose check (purpose in ('live', 'replay', 'comparison'));
alter table timelines add column note text;
update timelines set purpose = 'live' where id = 'main';

create table live_pointer (
  move integer constraint pk_live_pointer primary key,
  timeline_id text not null constraint fk_live_pointer_timeline references timelines (id),
  actor text not null,
  at timestamptz not null
);
insert into live_pointer (move, timeline_id, actor, at) values (1, 'main', 'system', now());
create index ix_live_pointer_timeline on live_pointer (timeline_id);

create table agent_loops (
  timeline_id text not null constraint fk_agent_loops_timeline references timelines (id),
  agent text not null,
  state text not null constraint ck_agent_loops_state check (state in ('replaying', 'halted', 'ready')),
  policy jsonb not null,
  policy_hash text not null,
  monitors jsonb not null,
  started_at timestamptz not null,
  seen_bar timestamptz,
  seen_slot timestamptz,
  until timestamptz,
  halted_code text,
  halted_message text,
  constraint pk_agent_loops primary key (timeline_id, agent)
);
`;

const SCHEDULE = `
create table schedule_slot (
  timeline_id text not null constraint fk_schedule_slot_timeline references timelines (id),
  agent text not null,
  schedule text not null,
  slot_at timestamptz not null,
  state text not null constraint ck_schedule_slot_state check (state in ('due', 'done', 'failed', 'missed')),
  job_id uuid,
  outcome text,
  constraint pk_schedule_slot primary key (timeline_id, agent, schedule, slot_at)
);
create index ix_schedule_slot_state on schedule_slot (state) where state = 'due';

create table schedule_skips (
  timeline_id text not null constraint fk_schedule_skips_timeline references timelines (id),
  agent text not null,
  schedule text not null,
  reason text not null,
  slots integer not null,
  first_slot timestamptz not null,
  last_slot timestamptz not null,
  constraint pk_schedule_skips primary key (timeline_id, agent, schedule, reason)
);
`;

const MONITORS = `
create table drift_metrics (
  timeline_id text not null constraint fk_drift_metrics_timeline references timelines (id),
  agent text not null,
  monitor text not null,
  subject text not null,
  as_of timestamptz not null,
  statistic text not null,
  value double precision,
  limit_value double precision,
  status text not null
    constraint ck_drift_metrics_status check (status in ('ok', 'warning', 'critical', 'insufficient', 'degenerate')),
  pairs integer not null,
  window_bars integer not null,
  reference_bars integer not null,
  reference_end timestamptz,
  details jsonb not null default '{}',
  constraint pk_drift_metrics primary key (timeline_id, agent, monitor, subject, as_of)
);
create index ix_drift_metrics_status on drift_metrics (timeline_id, agent, as_of desc) where status in ('warning', 'critical');

create table model_performance_history (
  timeline_id text not null constraint fk_model_performance_history_timeline references timelines (id),
  agent text not null,
  monitor text not null,
  as_of timestamptz not null,
  version text not null,
  bars integer not null,
  value double precision,
  limit_value double precision,
  status text not null
    constraint ck_model_performance_history_status check (status in ('ok', 'warning', 'critical', 'insufficient', 'degenerate')),
  details jsonb not null default '{}',
  constraint pk_model_performance_history primary key (timeline_id, agent, monitor, as_of)
);

create table feature_importance (
  timeline_id text not null constraint fk_feature_importance_timeline references timelines (id),
  agent text not null,
  as_of timestamptz not null,
  version text not null,
  feature text not null,
  importance double precision not null,
  standard_error double precision,
  bars integer not null,
  repeats integer not null,
  seed bigint not null,
  constraint pk_feature_importance primary key (timeline_id, agent, as_of, feature)
);

create table monitor_state (
  timeline_id text not null constraint fk_monitor_state_timeline references timelines (id),
  agent text not null,
  monitor text not null,
  subject text not null,
  phase text not null constraint ck_monitor_state_phase check (phase in ('silent', 'ok', 'pending', 'firing', 'recovering')),
  streak integer not null,
  speaks_from timestamptz,
  constraint pk_monitor_state primary key (timeline_id, agent, monitor, subject)
);

create table alerts (
  id uuid constraint pk_alerts primary key,
  timeline_id text not null constraint fk_alerts_timeline references timelines (id),
  agent text not null,
  kind text not null constraint ck_alerts_kind check (kind in ('DRIFT', 'PERFORMANCE', 'ERROR', 'WARNING')),
  severity text not null constraint ck_alerts_severity check (severity in ('critical', 'high', 'medium', 'low')),
  monitor text not null,
  subject text not null,
  state text not null constraint ck_alerts_state check (state in ('firing', 'resolved')),
  message text not null,
  value double precision,
  limit_value double precision,
  opened_as_of timestamptz not null,
  opened_at timestamptz not null,
  resolved_as_of timestamptz,
  resolved_at timestamptz,
  resolved_by text,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text
);
create unique index uq_alerts_firing on alerts (timeline_id, agent, monitor, subject) where state = 'firing';
create index ix_alerts_opened on alerts (timeline_id, opened_at desc, id desc);
`;

const DECISIONS = `
create table decisions (
  id uuid constraint pk_decisions primary key,
  timeline_id text not null constraint fk_decisions_timeline references timelines (id),
  agent text not null,
  kind text not null constraint ck_decisions_kind check (kind in ('slot', 'candidate')),
  slot_at timestamptz not null,
  as_of timestamptz not null,
  action text not null constraint ck_decisions_action check (action in ('none', 'retrain', 'rollback', 'promote', 'refuse', 'pause')),
  reason text not null,
  context jsonb not null,
  context_sha256 text not null,
  policy_hash text not null,
  result jsonb not null,
  code_version text not null,
  job_id uuid,
  at timestamptz not null,
  constraint uq_decisions_slot unique (timeline_id, agent, kind, slot_at)
);
create index ix_decisions_action on decisions (timeline_id, agent, slot_at desc) where action <> 'none';

create table agent_controls (
  timeline_id text not null constraint fk_agent_controls_timeline references timelines (id),
  agent text not null,
  frozen_reason text,
  frozen_by text,
  frozen_at timestamptz,
  pinned_version text,
  pinned_by text,
  pinned_at timestamptz,
  constraint pk_agent_controls primary key (timeline_id, agent)
);

create table version_latches (
  timeline_id text not null constraint fk_version_latches_timeline references timelines (id),
  agent text not null,
  artifact_sha256 text not null,
  version text not null,
  reason text not null,
  latched_at timestamptz not null,
  released_at timestamptz,
  released_by text,
  constraint pk_version_latches primary key (timeline_id, agent, artifact_sha256, latched_at)
);

create table notification_outbox (
  id uuid constraint pk_notification_outbox primary key,
  kind text not null,
  agent text not null,
  body jsonb not null,
  created_at timestamptz not null,
  attempts integer not null default 0,
  next_at timestamptz not null,
  sent_at timestamptz,
  failed_at timestamptz,
  last_error text
);
create index ix_notification_outbox_open on notification_outbox (next_at) where sent_at is null and failed_at is null;

create table fit_cache (
  key text constraint pk_fit_cache primary key,
  files jsonb not null,
  created_at timestamptz not null,
  used_at timestamptz not null
);
`;

/** Bars keep what they were when they came in: a row that was changed since no longer agrees with it. */
const RECONCILIATION = `
alter table bars add column as_ingested jsonb;
update bars set as_ingested = jsonb_build_array(extract(epoch from known_at), open, high, low, close, volume);

create table reconciliations (
  timeline_id text not null constraint fk_reconciliations_timeline references timelines (id),
  agent text not null,
  day date not null,
  state text not null constraint ck_reconciliations_state check (state in ('ok', 'differs', 'explained')),
  first_difference jsonb,
  differences integer not null,
  restatements jsonb not null,
  checked jsonb not null,
  at timestamptz not null,
  explained_by text,
  explained_at timestamptz,
  note text,
  constraint pk_reconciliations primary key (timeline_id, agent, day)
);
create index ix_reconciliations_open on reconciliations (timeline_id, agent, day) where state = 'differs';
`;

/** How far files that bars are appended to have been read. */
const FOLLOWED = `
create table followed_files (
  path text not null,
  series text not null,
  read_bytes bigint not null,
  read_lines integer not null,
  head_bytes integer not null,
  head_sha256 text not null,
  last_event_time timestamptz,
  updated_at timestamptz not null,
  constraint pk_followed_files primary key (path, series)
);
`;

const DROP = `
drop table followed_files;
drop table reconciliations;
alter table bars drop column as_ingested;
drop table notification_outbox, fit_cache, version_latches, agent_controls, decisions, alerts, monitor_state, feature_importance,
  model_performance_history, drift_metrics, schedule_skips, schedule_slot, agent_loops, live_pointer;
alter table timelines drop column note, drop column purpose;
delete from predictions where mode = 'loop';
delete from model_deployments where action = 'adopt';
alter table predictions drop constraint ck_predictions_mode;
alter table predictions add constraint ck_predictions_mode check (mode in ('live', 'replay'));
alter table model_deployments drop constraint ck_model_deployments_action;
alter table model_deployments add constraint ck_model_deployments_action check (action in ('baseline', 'promote', 'rollback'));
delete from job_outbox where job_id in (select id from job_run where kind not in ('ingest', 'train', 'walk'));
delete from job_run where kind not in ('ingest', 'train', 'walk');
alter table job_run drop constraint ck_job_run_kind;
alter table job_run add constraint ck_job_run_kind check (kind in ('ingest', 'train', 'walk'));
`;

/** Monitors, decisions, schedules and timelines of the loop. Reversible (forgets all of them and the loop's predictions). */
export class AddLoopTables1763800000000 implements MigrationInterface {
  readonly name = 'AddLoopTables1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [CHECKS, TIMELINES, SCHEDULE, MONITORS, DECISIONS, RECONCILIATION, FOLLOWED])
      await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DROP);
  }
}
