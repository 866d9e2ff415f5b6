import { Inject, Injectable } from '@nestjs/common';
import type { Agent, ModelVersion, ResultTable, TablePayload } from '@tidemark/contracts';
import { conflict } from '@tidemark/kernel';
import { ARTIFACT_SCORER, type ArtifactScorer } from '@tidemark/inference/read';
import { LOOPS, type LoopPolicy, type Loops } from '@tidemark/loop/read';
import { snapshotHash } from '@tidemark/market-data/read';
import {
  MONITORING_READER,
  type DriftPoint,
  type MonitoringReader,
  type TimelineAlarm,
} from '@tidemark/monitoring/read';
import { DECIDER, type Decider } from '@tidemark/policy/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { RUN_READER, type RunReader } from '@tidemark/training/read';
import { alarmSummary } from './alarms.js';
import { compareRows } from './comparison.js';
import { curvesOf, type Curves } from './curves.js';
import { timelineDecisions, type TimelineDecision } from './decision-counts.js';
import { lossByRow, yardstick } from './result-row.js';
import { lossName } from './scored-span.js';
import { servedPeriods, type VersionFacts } from './served-periods.js';
import { rowsOf, type Measured, type ServedRow } from './table-rows.js';
import { tellings } from './tellings.js';
import { TimelineReader, onCommonBars, type TimelineRows } from './timeline-reader.js';
import { verdict } from './verdict.js';

export interface EvaluationRequest {
  readonly agent: Agent;
  readonly timelines: TablePayload['timelines'];
  /** What the policy's timeline served. */
  readonly policy: TimelineRows;
  /** Number of this opening of the sealed bars; undefined when the span ends before them. */
  readonly opening?: number;
}

/** The table, and what a report draws beside it. */
export interface Evaluation extends Curves {
  readonly table: ResultTable;
  readonly decisions: readonly TimelineDecision[];
  readonly alarms: readonly TimelineAlarm[];
  readonly drift: readonly DriftPoint[];
}

/**
 * Builds the result table from the timelines that replays left. What was served comes from the prediction logs and the
 * stored outcomes only; the naive baseline's row from scoring its registered artifact on the same bars.
 */
@Injectable()
export class EvaluationService {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: Pick<VersionCatalog, 'firstVersion' | 'version'>,
    private readonly timelines: TimelineReader,
    @Inject(LOOPS) private readonly loops: Pick<Loops, 'policyOf'>,
    @Inject(DECIDER) private readonly decider: Pick<Decider, 'acted'>,
    @Inject(MONITORING_READER) private readonly monitoring: MonitoringReader,
    @Inject(RUN_READER) private readonly runs: Pick<RunReader, 'configurationsTried'>,
    @Inject(ARTIFACT_SCORER) private readonly scorer: Pick<ArtifactScorer, 'score'>,
  ) {}

  /** @throws PREDICTION_LOG_INCOMPLETE, OUTCOMES_INCOMPLETE, TIMELINES_DIFFER, BASELINE_MISSING, LOOP_MISSING */
  async evaluate(request: EvaluationRequest): Promise<Evaluation> {
    const { agent } = request;
    const loop = await this.loopOf(agent, request.timelines.policy);
    const served = await this.servedRows(request, loop);
    const policy = served.at(-1)!;
    const { timeline, span } = policy.rows;
    const isCovered = ({ asOf }: { readonly asOf: Date }): boolean => asOf <= span.eventTimes.at(-1)!;
    const measured = { ...(await this.baseline(agent, policy.rows)), served };
    const alarms = (await this.monitoring.alarms(agent.agent, timeline)).filter(({ openedAsOf }) =>
      isCovered({ asOf: openedAsOf }),
    );
    const losses = lossByRow(agent, span, policy.rows.outputs);
    const table = {
      ...(await this.header(request, policy.rows, loop)),
      served: servedPeriods(policy.rows.logged, await this.versionFacts(agent, policy.rows, measured.baseline)),
      rows: rowsOf(agent, span, measured),
      comparisons: compareRows(agent, span, new Map(served.map((each) => [each.kind, each.rows.outputs]))),
      alarms: alarmSummary({ eventTimes: span.eventTimes, losses }, alarms, policy.decisions),
      tellings: tellings(agent, span, policy.rows.outputs, measured.naive),
    };
    return {
      table: { ...table, verdict: verdict(table) },
      ...curvesOf(agent, span, measured),
      decisions: policy.decisions,
      alarms,
      drift: (await this.monitoring.drift(agent.agent, timeline)).filter(isCovered),
    };
  }

  /** Rows 3 to 6 in the order of the table, on the bars that all of them predicted; the policy is the last. */
  private async servedRows({ agent, timelines, policy }: EvaluationRequest, loop: LoopPolicy): Promise<ServedRow[]> {
    const subjects = [{ kind: 'policy', timeline: timelines.policy, loop }] as ServedSubject[];
    for (const kind of ['once', 'always', 'gated'] as const) {
      const timeline = timelines[kind];
      if (timeline !== undefined) subjects.push({ kind, timeline, loop: await this.loopOf(agent, timeline) });
    }
    const others: TimelineRows[] = [];
    for (const { timeline } of subjects.slice(1)) others.push(await this.timelines.read(agent, timeline));
    const common = onCommonBars([policy, ...others]);
    const last = common[0].span.eventTimes.at(-1)!;
    const served: ServedRow[] = [];
    for (const [index, { kind, timeline, loop: own }] of subjects.entries()) {
      const decisions = timelineDecisions(await this.decider.acted(agent.agent, timeline));
      const known = decisions.filter(({ asOf }) => asOf <= last);
      served.push({ kind, policy: own.policy, rows: common[index]!, decisions: known });
    }
    return [...served.slice(1), served[0]!];
  }

  private async baseline(
    agent: Agent,
    { timeline, snapshot, from, span }: TimelineRows,
  ): Promise<Omit<Measured, 'served'>> {
    const baseline = await this.catalog.firstVersion(agent.agent, timeline);
    if (baseline === undefined) {
      throw conflict('BASELINE_MISSING', `${agent.agent} has no registered baseline on the timeline ${timeline}.`, {
        agent: agent.agent,
        timeline,
      });
    }
    const to = from + span.eventTimes.length;
    const naive = await this.scorer.score(baseline.artifactSha256, snapshot, from, to);
    return { baseline, naive, against: yardstick(agent, span, naive) };
  }

  private async header(
    { agent, timelines, opening }: EvaluationRequest,
    { timeline, snapshot, span }: TimelineRows,
    { policy, policyHash }: LoopPolicy,
  ): Promise<Omit<ResultTable, 'served' | 'rows' | 'comparisons' | 'alarms' | 'tellings' | 'verdict'>> {
    const all = [...new Set(Object.values(timelines).filter((each) => each !== undefined))];
    return {
      agent: agent.agent,
      task: agent.task,
      loss: lossName(agent),
      timeline,
      dataHash: snapshotHash(snapshot),
      span: {
        from: span.eventTimes[0]!.toISOString(),
        to: span.eventTimes.at(-1)!.toISOString(),
        bars: span.eventTimes.length,
      },
      fillRule:
        agent.position.fill === 'next_close'
          ? 'decided at close t, filled at close t+1, first PnL bar t+2'
          : 'decided and filled at close t (same-bar fill)',
      costBps: agent.position.costBps,
      returns: `price index, no dividends, no financing, cost ${agent.position.costBps} bp a side`,
      configurationsTried: await this.runs.configurationsTried(agent.agent, all),
      sealedFrom: agent.sealedFrom,
      opening,
      policy: { name: policy.name, hash: policyHash },
      monitors: await this.monitoring.speaking(agent.agent, timeline),
    };
  }

  private async loopOf(agent: Agent, timeline: string): Promise<LoopPolicy> {
    const loop = await this.loops.policyOf(agent.agent, timeline);
    if (loop !== undefined) return loop;
    throw conflict('LOOP_MISSING', `${agent.agent} has no loop on the timeline ${timeline}: replay it first.`, {
      agent: agent.agent,
      timeline,
    });
  }

  /** Family of every version in the log. */
  private async versionFacts(
    agent: Agent,
    { timeline, logged }: TimelineRows,
    baseline: ModelVersion,
  ): Promise<(version: string) => VersionFacts> {
    const facts = new Map<string, VersionFacts>();
    for (const version of new Set(logged.map((prediction) => prediction.version))) {
      const { family } = await this.catalog.version(agent.agent, version, timeline);
      facts.set(version, { family, isBaseline: version === baseline.version });
    }
    return (version) => facts.get(version)!;
  }
}

interface ServedSubject {
  readonly kind: ServedRow['kind'];
  readonly timeline: string;
  readonly loop: LoopPolicy;
}
