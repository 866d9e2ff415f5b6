import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table timelines (
  id text constraint pk_timelines primary key,
  created_at timestamptz not null
);
insert into timelines (id, created_at) values ('main', now());

create table api_keys (
  id text constraint pk_api_keys primary key,
  name text not null,
  secret_sha256 bytea not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);

create table bars (
  series text not null,
  event_time timestamptz not null,
  known_at timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  source text not null,
  row_id bigint generated always as identity,
  constraint pk_bars primary key (series, event_time, known_at),
  constraint ck_bars_prices check (low > 0 and low <= high and open > 0 and close > 0 and volume >= 0)
);
create index ix_bars_series_row on bars (series, row_id);

create table models (
  name text constraint pk_models primary key,
  task text not null constraint ck_models_task check (task in ('direction', 'volatility')),
  created_at timestamptz not null
);

create table job_run (
  id uuid constraint pk_job_run primary key,
  kind text not null constraint ck_job_run_kind check (kind in ('ingest', 'train', 'walk')),
  agent text not null,
  batch text,
  payload jsonb not null,
  follow_up jsonb not null default '[]',
  state text not null constraint ck_job_run_state check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  attempt integer not null default 0,
  max_attempts integer not null,
  lease_epoch integer not null default 0,
  lease_until timestamptz,
  cancel_requested boolean not null default false,
  progress double precision not null default 0,
  progress_message text not null default '',
  result jsonb,
  error_code text,
  error_message text,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
);
create index ix_job_run_created on job_run (created_at desc, id desc);
create index ix_job_run_batch on job_run (batch) where batch is not null;
create index ix_job_run_open on job_run (state) where state in ('queued', 'running');

create table job_outbox (
  job_id uuid not null constraint fk_job_outbox_job references job_run (id) on delete cascade,
  attempt integer not null,
  created_at timestamptz not null,
  available_at timestamptz not null,
  constraint pk_job_outbox primary key (job_id, attempt)
);

create table job_log (
  job_id uuid not null constraint fk_job_log_job references job_run (id) on delete cascade,
  line bigint generated always as identity,
  at timestamptz not null,
  level text not null,
  message text not null,
  constraint pk_job_log primary key (job_id, line)
);

create table model_runs (
  id uuid constraint pk_model_runs primary key,
  job_id uuid not null constraint fk_model_runs_job references job_run (id),
  timeline_id text not null constraint fk_model_runs_timeline references timelines (id),
  agent text not null,
  family text not null,
  state text not null,
  seed bigint not null,
  params jsonb not null,
  metrics jsonb not null default '{}',
  configurations_tried integer not null default 0,
  data_hash text not null,
  as_of timestamptz not null,
  artifact_sha256 text,
  report jsonb,
  error_code text,
  error_message text,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index ix_model_runs_agent on model_runs (agent, started_at desc, id desc);
create index ix_model_runs_job on model_runs (job_id);

create table model_versions (
  id uuid constraint pk_model_versions primary key,
  timeline_id text not null constraint fk_model_versions_timeline references timelines (id),
  model text not null constraint fk_model_versions_model references models (name),
  sequence integer not null,
  major integer not null,
  minor integer not null,
  patch integer not null,
  family text not null,
  stage text not null constraint ck_model_versions_stage check (stage in ('None', 'Staging', 'Production', 'Archived')),
  artifact_sha256 text not null,
  signature jsonb not null,
  metrics jsonb not null,
  report jsonb not null,
  parity jsonb not null,
  gate jsonb,
  run_id uuid constraint fk_model_versions_run references model_runs (id),
  job_id uuid constraint fk_model_versions_job references job_run (id),
  data_hash text not null,
  as_of timestamptz not null,
  code_version text not null,
  parent_sequence integer,
  override_reason text,
  override_actor text,
  override_at timestamptz,
  created_at timestamptz not null,
  constraint uq_model_versions_sequence unique (timeline_id, model, sequence),
  constraint uq_model_versions_semver unique (timeline_id, model, major, minor, patch),
  constraint uq_model_versions_job unique (job_id)
);
create unique index uq_model_versions_production on model_versions (timeline_id, model) where stage = 'Production';
create index ix_model_versions_run on model_versions (run_id);

create table model_deployments (
  timeline_id text not null constraint fk_model_deployments_timeline references timelines (id),
  model text not null constraint fk_model_deployments_model references models (name),
  generation integer not null,
  version_id uuid not null constraint fk_model_deployments_version references model_versions (id),
  action text not null constraint ck_model_deployments_action check (action in ('baseline', 'promote', 'rollback')),
  actor text not null,
  reason text,
  at timestamptz not null,
  constraint pk_model_deployments primary key (timeline_id, model, generation)
);
create index ix_model_deployments_version on model_deployments (version_id);

create table predictions (
  id uuid constraint pk_predictions primary key,
  at timestamptz not null,
  timeline_id text not null,
  agent text not null,
  version_id uuid not null,
  version text not null,
  sequence integer not null,
  generation integer not null,
  mode text not null constraint ck_predictions_mode check (mode in ('live', 'replay')),
  job_id uuid,
  as_of timestamptz,
  key text,
  inputs double precision[],
  inputs_sha256 bytea not null,
  output_names text[] not null,
  outputs double precision[] not null,
  latency_us double precision not null
);
create index ix_predictions_agent_at on predictions (timeline_id, agent, at desc, id desc);
create index ix_predictions_agent_as_of on predictions (timeline_id, agent, mode, as_of);

create table outcomes (
  timeline_id text not null constraint fk_outcomes_timeline references timelines (id),
  agent text not null,
  as_of timestamptz not null,
  revision integer not null,
  value double precision not null,
  label_end timestamptz not null,
  known_at timestamptz not null,
  constraint pk_outcomes primary key (timeline_id, agent, as_of, revision)
);

create table sealed_openings (
  timeline_id text not null constraint fk_sealed_openings_timeline references timelines (id),
  agent text not null,
  number integer not null,
  job_id uuid not null constraint fk_sealed_openings_job references job_run (id),
  sealed_from timestamptz not null,
  data_hash text not null,
  at timestamptz not null,
  constraint pk_sealed_openings primary key (timeline_id, agent, number),
  constraint uq_sealed_openings_job unique (job_id)
);

create table process_status (
  id text constraint pk_process_status primary key,
  kind text not null,
  pid integer not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  serving jsonb not null
);
`;

const DROP = `
drop table process_status, sealed_openings, outcomes, predictions, model_deployments, model_versions, model_runs,
  job_log, job_outbox, job_run, models, bars, api_keys, timelines;
`;

/** First schema: bars, registry, jobs, prediction log, outcomes, keys. Reversible (drops everything it made). */
export class CreateCoreTables1763700000000 implements MigrationInterface {
  readonly name = 'CreateCoreTables1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DROP);
  }
}
