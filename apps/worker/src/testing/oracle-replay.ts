import { resolve } from 'node:path';
import { loadAgents, repositoryRoot } from '@tidemark/config';
import { policySchema, resultTableSchema, type Agent, type Policy, type ResultTable } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { ReplayBench, type BenchAgent } from './replay-bench.js';

/** What tests/golden/generate/replay.py works from: the span, and rules under which much happens in few bars. */
const SPAN = { from: '2006-07-03', to: '2007-12-31' } as const;
const MONITORS = {
  features: { referenceBars: 120, windowBars: 42, minPairs: 20, limitQuantile: 0.95 },
  predictions: { referenceBars: 63, windowBars: 21, minPairs: 8, limitQuantile: 0.9 },
  loss: { windowBars: 100, minBars: 40, alpha: 0.1 },
  calibration: { windowBars: 120, minBars: 60, alpha: 0.05 },
  valueAtRisk: { windowBars: 250, lowerWindowBars: 300, alpha: 0.05 },
  hysteresis: { enterBars: 2, leaveBars: 4, leaveShare: 0.7 },
};
/** A policy that lets every fit in and relies on its monitors. */
const TRUSTING = policySchema.parse({
  name: 'trusting',
  triggers: [{ kind: 'calendar', everyBars: 63 }],
  gates: { newRecipe: 'none', refit: 'none' },
  minGapBars: 42,
  cooldownBars: 21,
});

const comparison = (name: string, more: object, newRecipe: 'none' | 'superiority' = 'none'): Policy =>
  policySchema.parse({
    name,
    triggers: [{ kind: 'calendar', everyBars: 63 }],
    newRecipeEveryBars: 1,
    gates: { newRecipe, refit: 'none' },
    rollback: { onLossAlarm: false },
    watch: false,
    ...more,
  });
/** Timelines by the row of the table that is read from them: 6, 3, 4, 5. */
const POLICIES = {
  policy: TRUSTING,
  once: comparison('once', { once: true }),
  always: comparison('always', {}),
  gated: comparison('gated', {}, 'superiority'),
};
export type OracleTimeline = keyof typeof POLICIES;

/** A row of a table of the database, without generated ids. */
export type Row = Readonly<Record<string, unknown>>;

/** What a replay was given and what it left, by table. */
export interface TimelineExport {
  readonly predictions: readonly Row[];
  readonly outcomes: readonly Row[];
  readonly versions: readonly Row[];
  readonly deployments: readonly Row[];
  readonly decisions: readonly Row[];
  readonly drift: readonly Row[];
  readonly performance: readonly Row[];
  readonly alerts: readonly Row[];
  readonly states: readonly Row[];
}

export interface AgentExport {
  readonly agent: Agent;
  readonly timelines: Readonly<Record<OracleTimeline, TimelineExport>>;
  readonly table: ResultTable;
}

const TIMELINE_QUERIES: Readonly<Record<keyof TimelineExport, string>> = {
  predictions: `select as_of, at, version, output_names, outputs from predictions where timeline_id = $1 and agent = $2 order by as_of`,
  outcomes: `select as_of, revision, value, label_end, known_at from outcomes where timeline_id = $1 and agent = $2 order by as_of, revision`,
  versions: `select sequence, major || '.' || minor || '.' || patch as version, family, as_of from model_versions where timeline_id = $1 and model = $2 order by sequence`,
  deployments: `select d.generation, d.action, d.at, v.major || '.' || v.minor || '.' || v.patch as version from model_deployments d
    join model_versions v on v.id = d.version_id where d.timeline_id = $1 and d.model = $2 order by d.generation`,
  decisions: `select kind, slot_at, as_of, action, reason from decisions where timeline_id = $1 and agent = $2 and action <> 'none' order by slot_at, kind desc`,
  drift: `select monitor, subject, as_of, statistic, value, limit_value, status, pairs, reference_end, details from drift_metrics where timeline_id = $1 and agent = $2 order by monitor, subject, as_of`,
  performance: `select monitor, as_of, version, bars, value, limit_value, status, details from model_performance_history where timeline_id = $1 and agent = $2 order by monitor, as_of`,
  alerts: `select kind, severity, monitor, subject, state, value, limit_value, opened_as_of, resolved_as_of, resolved_by, message from alerts where timeline_id = $1 and agent = $2 order by opened_as_of, monitor, subject`,
  states: `select monitor, subject, phase, streak, speaks_from from monitor_state where timeline_id = $1 and agent = $2 order by monitor, subject`,
};

/** Replays both shipped agents over a part of the shipped file, as the policy and as rows 3 to 5, and measures the table. */
export class OracleReplay {
  private constructor(private readonly bench: ReplayBench) {}

  static async open(): Promise<OracleReplay> {
    const shipped = loadAgents(resolve(repositoryRoot(), 'config/agents'));
    const agents = shipped.map(({ agent }): BenchAgent => ({ ...agent, monitors: MONITORS, replay: SPAN }));
    return new OracleReplay(await ReplayBench.open(agents));
  }

  async run(name: string): Promise<AgentExport> {
    await this.job('ingest', name, { agent: name });
    const timelines: Partial<Record<OracleTimeline, TimelineExport>> = {};
    for (const [kind, policy] of Object.entries(POLICIES) as [OracleTimeline, Policy][]) {
      await this.bench.replay({ agent: name, timeline: kind, purpose: 'comparison', policy });
      timelines[kind] = await this.read(kind, name);
    }
    const ids = Object.fromEntries(Object.keys(POLICIES).map((kind) => [kind, kind]));
    const result = await this.job('table', name, { agent: name, timelines: ids });
    return {
      agent: this.bench.agent(name),
      timelines: timelines as AgentExport['timelines'],
      table: resultTableSchema.parse(JSON.parse(JSON.stringify(result['table']))),
    };
  }

  close(): Promise<void> {
    return this.bench.close();
  }

  private async job(kind: 'ingest' | 'table', agent: string, payload: Row): Promise<Row> {
    const { id } = await this.bench.store.start({ kind, agent, payload });
    const { state, result, error } = await this.bench.attempt(id, 1);
    if (state !== 'succeeded') throw new Error(`${kind} ${state}: ${JSON.stringify(error)}`);
    return result!;
  }

  private async read(timeline: string, agent: string): Promise<TimelineExport> {
    const read: Partial<Record<keyof TimelineExport, Row[]>> = {};
    for (const [name, sql] of Object.entries(TIMELINE_QUERIES) as [keyof TimelineExport, string][]) {
      read[name] = await selectRows<Row>(this.bench.database.dataSource, sql, [timeline, agent]);
    }
    return read as TimelineExport;
  }
}
