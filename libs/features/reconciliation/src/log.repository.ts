import { Inject, Injectable } from '@nestjs/common';
import { monitorsSchema, policySchema, type Family, type Monitors, type Policy } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import { currentTimeline } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';

/** A row of `predictions` with the version it names, and the one that the deployments name for its generation. */
export interface LoggedPrediction {
  readonly id: string;
  readonly at: Date;
  readonly asOf: Date | undefined;
  readonly mode: 'live' | 'loop';
  readonly version: string;
  readonly sequence: number;
  readonly family: Family;
  readonly artifactSha256: string;
  readonly inputs: readonly number[] | undefined;
  readonly inputsSha256: string;
  readonly outputNames: readonly string[];
  readonly outputs: readonly number[];
  readonly deployed: DeployedVersion | undefined;
}

export interface DeployedVersion {
  readonly version: string;
  readonly action: string;
  readonly actor: string;
  readonly at: Date;
  /** When another version took its place. */
  readonly until: Date | undefined;
}

export interface LoggedOutcome {
  readonly asOf: Date;
  readonly revision: number;
  readonly value: number;
  readonly labelEnd: Date;
  readonly knownAt: Date;
}

/** A row of `drift_metrics` or, without a subject, of `model_performance_history`: columns as the database names them. */
export interface LoggedFinding {
  readonly asOf: Date;
  readonly monitor: string;
  readonly subject: string | undefined;
  readonly cells: Readonly<Record<string, string | number | null>>;
}

export interface LoopRulesOfAgent {
  readonly monitors: Monitors;
  readonly policy: Policy;
}

interface PredictionRow {
  id: string;
  at: Date;
  as_of: Date | null;
  mode: 'live' | 'loop';
  version: string;
  sequence: number;
  family: Family;
  artifact_sha256: string;
  inputs: number[] | null;
  inputs_sha256: Buffer;
  output_names: string[];
  outputs: number[];
  deployed: string | null;
  action: string;
  actor: string;
  deployed_at: Date;
  until: Date | null;
}

const PREDICTIONS = `select p.id, p.at, p.as_of, p.mode, p.version, p.sequence, v.family, v.artifact_sha256, p.inputs,
    p.inputs_sha256, p.output_names, p.outputs, dv.major || '.' || dv.minor || '.' || dv.patch as deployed, d.action, d.actor,
    d.at as deployed_at, (select n.at from model_deployments n
      where n.timeline_id = p.timeline_id and n.model = p.agent and n.generation = p.generation + 1) as until
  from predictions p
  join model_versions v on v.id = p.version_id
  left join model_deployments d on d.timeline_id = p.timeline_id and d.model = p.agent and d.generation = p.generation
  left join model_versions dv on dv.id = d.version_id
  where p.timeline_id = $1 and p.agent = $2`;

/** What was logged on the current timeline, row by row, as the tables have it. */
@Injectable()
export class LogRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Every prediction of the loop up to an instant, in order of event time. */
  async loop(agent: string, until: Date, lastAsOf: Date): Promise<LoggedPrediction[]> {
    const rows = await selectRows<PredictionRow>(
      this.dataSource,
      `${PREDICTIONS} and p.mode = 'loop' and (p.at < $3 or p.as_of <= $4) order by p.as_of`,
      [currentTimeline(), agent, until, lastAsOf],
    );
    return rows.map(toPrediction);
  }

  /** What callers asked for in [from, to). */
  async callers(agent: string, from: Date, to: Date): Promise<LoggedPrediction[]> {
    const rows = await selectRows<PredictionRow>(
      this.dataSource,
      `${PREDICTIONS} and p.mode = 'live' and p.at >= $3 and p.at < $4 order by p.at, p.id`,
      [currentTimeline(), agent, from, to],
    );
    return rows.map(toPrediction);
  }

  async outcomes(agent: string): Promise<LoggedOutcome[]> {
    const rows = await selectRows<{ as_of: Date; revision: number; value: number; label_end: Date; known_at: Date }>(
      this.dataSource,
      `select as_of, revision, value, label_end, known_at from outcomes where timeline_id = $1 and agent = $2
       order by as_of, revision`,
      [currentTimeline(), agent],
    );
    return rows.map((row) => ({
      asOf: row.as_of,
      revision: row.revision,
      value: row.value,
      labelEnd: row.label_end,
      knownAt: row.known_at,
    }));
  }

  /** Findings at bars with event times in [from, to]. */
  async findings(agent: string, from: Date, to: Date): Promise<LoggedFinding[]> {
    const rows = await selectRows<{
      as_of: Date;
      monitor: string;
      subject: string | null;
      cells: LoggedFinding['cells'];
    }>(
      this.dataSource,
      `select as_of, monitor, subject, jsonb_build_object('statistic', statistic, 'value', value, 'limit_value', limit_value,
           'status', status, 'pairs', pairs, 'reference_end', (extract(epoch from reference_end) * 1000)::float8) as cells
         from drift_metrics where timeline_id = $1 and agent = $2 and as_of between $3 and $4 and monitor not in ('volume', 'skew')
       union all
       select as_of, monitor, null, jsonb_build_object('version', version, 'bars', bars, 'value', value,
           'limit_value', limit_value, 'status', status)
         from model_performance_history where timeline_id = $1 and agent = $2 and as_of between $3 and $4
       order by 1, 2, 3`,
      [currentTimeline(), agent, from, to],
    );
    return rows.map(({ as_of, monitor, subject, cells }) => ({
      asOf: as_of,
      monitor,
      subject: subject ?? undefined,
      cells,
    }));
  }

  /** The rules that the loop runs under; undefined where the agent has none on this timeline. */
  async rules(agent: string): Promise<LoopRulesOfAgent | undefined> {
    const row = await selectOne<{ monitors: unknown; policy: unknown }>(
      this.dataSource,
      'select monitors, policy from agent_loops where timeline_id = $1 and agent = $2',
      [currentTimeline(), agent],
    );
    return row && { monitors: monitorsSchema.parse(row.monitors), policy: policySchema.parse(row.policy) };
  }

  /** Instants in [from, to) at which the ledger says that the policy was asked. */
  async retrainSlots(agent: string, from: Date, to: Date): Promise<Set<number>> {
    const rows = await selectRows<{ slot_at: Date }>(
      this.dataSource,
      `select slot_at from schedule_slot where timeline_id = $1 and agent = $2 and schedule = 'retrain' and state = 'done'
         and slot_at >= $3 and slot_at < $4`,
      [currentTimeline(), agent, from, to],
    );
    return new Set(rows.map(({ slot_at }) => slot_at.getTime()));
  }
}

function toPrediction(row: PredictionRow): LoggedPrediction {
  return {
    id: row.id,
    at: row.at,
    asOf: row.as_of ?? undefined,
    mode: row.mode,
    version: row.version,
    sequence: row.sequence,
    family: row.family,
    artifactSha256: row.artifact_sha256,
    inputs: row.inputs ?? undefined,
    inputsSha256: row.inputs_sha256.toString('hex'),
    outputNames: row.output_names,
    outputs: row.outputs,
    deployed: deployedOf(row),
  };
}

function deployedOf({ deployed, action, actor, deployed_at, until }: PredictionRow): DeployedVersion | undefined {
  return deployed === null
    ? undefined
    : { version: deployed, action, actor, at: deployed_at, until: until ?? undefined };
}
