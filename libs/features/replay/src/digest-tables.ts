/** A table of the digest: which columns count, in which order rows come, and which of them there were by an instant. */
export interface DigestTable {
  readonly table: string;
  /** Columns that do not count, and why. */
  readonly excluded: Readonly<Record<string, string>>;
  /** SQL that stands for a column: where only a part of it counts. */
  readonly expressions?: Readonly<Record<string, string>>;
  /** Natural key within a timeline and agent. */
  readonly key: readonly string[];
  /** Column that holds the agent. */
  readonly agent: 'agent' | 'model';
  /**
   * Rows that there were by the instant $3; $4 is the event time of the newest bar observed by then, for tables whose rows
   * belong to a bar.
   */
  readonly until: string;
}

const ID = 'generated id';
const TIMELINE = 'timeline';
const JOB = 'id of a job';
const WALL = 'wall time';
const PERSON = 'what a person did, when they did it';

const BY_BAR = 'as_of <= $4';

/** Once resolved later than the instant, an alert was still firing at it. */
const resolved = (column: string): string => `case when resolved_at <= $3 then ${column} end`;

/**
 * The digest: every column of these tables but the excluded ones. Not among them: `monitor_state` and `agent_loops` hold
 * what is so now, whatever the instant, and follow from the rest; `schedule_skips` counts slots at which nothing was done;
 * `model_runs`, `fit_cache` and jobs say how the work was done.
 */
export const DIGEST_TABLES: readonly DigestTable[] = [
  {
    table: 'predictions',
    excluded: {
      id: ID,
      timeline_id: TIMELINE,
      version_id: `${ID}: version and sequence count`,
      job_id: JOB,
      latency_us: 'latency',
    },
    key: ['as_of'],
    agent: 'agent',
    until: `mode = 'loop' and at <= $3`,
  },
  {
    table: 'outcomes',
    excluded: { timeline_id: TIMELINE },
    key: ['as_of', 'revision'],
    agent: 'agent',
    until: 'known_at <= $3',
  },
  {
    table: 'drift_metrics',
    excluded: { timeline_id: TIMELINE },
    key: ['as_of', 'monitor', 'subject'],
    agent: 'agent',
    until: BY_BAR,
  },
  {
    table: 'model_performance_history',
    excluded: { timeline_id: TIMELINE },
    key: ['as_of', 'monitor'],
    agent: 'agent',
    until: BY_BAR,
  },
  {
    table: 'feature_importance',
    excluded: { timeline_id: TIMELINE },
    key: ['as_of', 'feature'],
    agent: 'agent',
    until: BY_BAR,
  },
  {
    table: 'alerts',
    excluded: {
      id: ID,
      timeline_id: TIMELINE,
      severity: 'rises while an alert stands, without saying when; the metrics that made it rise count',
      acknowledged_at: PERSON,
      acknowledged_by: PERSON,
      note: PERSON,
    },
    expressions: {
      state: `case when resolved_at <= $3 then state else 'firing' end`,
      resolved_as_of: resolved('resolved_as_of'),
      resolved_at: resolved('resolved_at'),
      resolved_by: resolved('resolved_by'),
    },
    key: ['opened_as_of', 'monitor', 'subject', 'opened_at'],
    agent: 'agent',
    until: 'opened_at <= $3',
  },
  {
    table: 'decisions',
    excluded: {
      id: ID,
      timeline_id: TIMELINE,
      job_id: JOB,
      context_sha256: 'follows from the context, with whether its timeline is live',
    },
    // Whether its timeline is live is said by the context, and in words by rules; these follow from the context.
    expressions: { context: `context - 'timeline'`, result: `result - 'rules'` },
    key: ['slot_at', 'kind'],
    agent: 'agent',
    until: 'slot_at <= $3',
  },
  {
    table: 'model_versions',
    excluded: {
      id: ID,
      timeline_id: TIMELINE,
      run_id: ID,
      job_id: JOB,
      stage: 'what is so now: the deployments say what was when',
      override_reason: PERSON,
      override_actor: PERSON,
      override_at: PERSON,
      created_at: WALL,
    },
    key: ['sequence'],
    agent: 'model',
    until: 'as_of <= $3',
  },
  {
    table: 'model_deployments',
    excluded: {
      timeline_id: TIMELINE,
      version_id: `${ID}: the sequence of the version counts`,
      actor: 'names a job, or a person; the action counts',
    },
    expressions: {
      version_sequence: '(select v.sequence from model_versions v where v.id = version_id)',
    },
    key: ['generation'],
    agent: 'model',
    until: `at <= $3 and action <> 'adopt'`,
  },
  {
    table: 'schedule_slot',
    excluded: { timeline_id: TIMELINE, job_id: JOB },
    key: ['slot_at', 'schedule'],
    agent: 'agent',
    until: `state = 'done' and schedule in ('drift', 'retrain') and slot_at <= $3`,
  },
];
