import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Agent, BreakRow, Placebo, QuietRow, StartRow, StudyPayload, StudyResult } from '@tidemark/contracts';
import { ARTIFACT_SCORER, type ArtifactScorer } from '@tidemark/inference/read';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { MONITORING_READER, type MonitoringReader, type TimelineAlarm } from '@tidemark/monitoring/read';
import { computeLabels } from '@tidemark/native';
import { DECIDER, type Decider } from '@tidemark/policy/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { countDecisions, timelineDecisions, type TimelineDecision } from '../decision-counts.js';
import { lossByRow, primary } from '../result-row.js';
import { lossName, sliceSpan, type SpanOutputs } from '../scored-span.js';
import { TimelineReader, type TimelineRows } from '../timeline-reader.js';
import { breakResponse } from './break-response.js';
import { expectedLoss, lawOf, type Law } from './expected-loss.js';
import { placeboOf, type GridFit } from './placebo.js';
import { gridTimeline, startTimeline, worldTimeline } from './study-plan.js';
import { simulate, worldsOf, type World } from './worlds.js';

/** Bars of a year. */
export const YEAR_BARS = 252;
/** Of the calendars that are drawn. */
const SEED = 1;

/** What the timelines of a study have in common. */
export interface StudyScope {
  readonly agent: Agent;
  readonly payload: StudyPayload;
  /** The agent's own bars as known when the study was asked for. */
  readonly known: SeriesSnapshot;
  /** What the policy served, from its own first bar. */
  readonly policy: TimelineRows;
}

/** A stretch of bars that one version answered. */
interface Tenure {
  readonly version: string;
  readonly from: number;
  readonly to: number;
}

/** Rows 7 to 10 of the table, from the timelines that the replays of a study left. */
@Injectable()
export class StudyMeasurer {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: Pick<VersionCatalog, 'firstVersion' | 'version'>,
    private readonly timelines: TimelineReader,
    @Inject(DECIDER) private readonly decider: Pick<Decider, 'acted'>,
    @Inject(MONITORING_READER) private readonly monitoring: Pick<MonitoringReader, 'alarms'>,
    @Inject(ARTIFACT_SCORER) private readonly scorer: Pick<ArtifactScorer, 'score'>,
    private readonly agents: AgentCatalog,
  ) {}

  /** `told` hears which part begins. */
  async measure(
    scope: StudyScope,
    opening: number | undefined,
    told: (done: number, what: string) => Promise<void>,
  ): Promise<StudyResult> {
    const { agent, payload, policy, known } = scope;
    const { study, sizes } = payload;
    const { eventTimes } = policy.span;
    await told(0.1, 'placebo');
    const placebo = await this.placebo(scope);
    await told(0.4, 'start offsets');
    const starts = await this.starts(scope);
    const [quiet, breaks]: [QuietRow[], BreakRow[]] = [[], []];
    for (const world of worldsOf(agent, sizes, known)) {
      await told(0.6, `market ${world.name}`);
      const rows = await this.timelines.read(this.agents.byName(world.agent).agent, worldTimeline(study, world));
      if (world.kind === 'break') breaks.push(await this.broken(scope, world, rows));
      else quiet.push(await this.quiet(scope, { ...world, kind: world.kind }, rows));
    }
    return {
      agent: agent.agent,
      task: agent.task,
      study,
      loss: lossName(agent),
      policy: agent.policy.name,
      span: { from: eventTimes[0]!.toISOString(), to: eventTimes.at(-1)!.toISOString(), bars: eventTimes.length },
      opening,
      sizes,
      placebo,
      starts,
      quiet,
      breaks,
    };
  }

  private async placebo(scope: StudyScope): Promise<Placebo> {
    const { agent, payload, policy } = scope;
    const { study, sizes } = payload;
    const grid = await this.timelines.read(agent, gridTimeline(study));
    const fits: GridFit[] = [];
    for (const { version, from } of tenures(grid).slice(1)) {
      fits.push({ start: from, losses: await this.lossesOf(agent.agent, version, grid, from) });
    }
    const baseline = await this.baselineLosses(agent.agent, policy);
    const policyLoss = meanOf(lossByRow(agent, policy.span, policy.outputs));
    const made = countDecisions(await this.decisions(policy.timeline, agent.agent));
    const question = { baseline, grid: fits, draws: sizes.draws, seed: SEED, policyLoss };
    return {
      gridFits: fits.length,
      policyLoss,
      baselineLoss: meanOf(baseline),
      rows: (['promotions', 'fits'] as const).map((of) => ({ of, ...placeboOf({ ...question, refits: made[of] }) })),
    };
  }

  private async starts({ agent, payload: { study, sizes } }: StudyScope): Promise<StartRow[]> {
    const timelines: TimelineRows[] = [];
    for (let index = 0; index < sizes.starts; index += 1) {
      timelines.push(await this.timelines.read(agent, startTimeline(study, index)));
    }
    const common = Math.min(...timelines.map(({ span }) => span.eventTimes.length));
    const rows: StartRow[] = [];
    for (const [index, { timeline, span, outputs }] of timelines.entries()) {
      const losses = lossByRow(agent, span, outputs);
      rows.push({
        offset: index * sizes.startStepBars,
        from: span.eventTimes[0]!.toISOString(),
        bars: losses.length,
        loss: meanOf(losses),
        commonLoss: meanOf(losses.subarray(losses.length - common)),
        ...countDecisions(await this.decisions(timeline, agent.agent)),
      });
    }
    return rows;
  }

  private async quiet(
    { agent, known }: StudyScope,
    world: World & Pick<QuietRow, 'kind'>,
    rows: TimelineRows,
  ): Promise<QuietRow> {
    const { name, kind, seed } = world;
    const { nextVariance } = simulate(agent, world, known);
    const rises = computeLabels(agent.label, rows.snapshot.bars).value;
    const law = lawOf(agent, { nextVariance, isSymmetric: kind === 'garch' }, rises);
    const decisions = await this.decisions(rows.timeline, world.agent);
    const alarms = await this.monitoring.alarms(world.agent, rows.timeline);
    const bars = rows.span.eventTimes.length;
    return {
      world: name,
      kind,
      seed,
      bars,
      years: bars / YEAR_BARS,
      ...countDecisions(decisions),
      ...(await this.promoted(world.agent, rows, decisions, law)),
      alarms: alarmCounts(alarms),
    };
  }

  /** Promotions, and how many of them are not better, by the law, than what they replaced, on the bars they served. */
  private async promoted(
    agent: string,
    rows: TimelineRows,
    decisions: readonly TimelineDecision[],
    law: Law,
  ): Promise<Pick<QuietRow, 'newRecipes' | 'refits'>> {
    const periods = tenures(rows);
    const counts = { newRecipes: { promoted: 0, withoutGain: 0 }, refits: { promoted: 0, withoutGain: 0 } };
    const promoted = new Set(decisions.flatMap(({ action, version }) => (action === 'promote' ? [version] : [])));
    for (const [index, { version, from, to }] of periods.entries()) {
      const before = periods[index - 1]?.version;
      if (before === undefined || !promoted.delete(version)) continue;
      const of = async (each: string): Promise<number> => {
        const answers = await this.answers(agent, each, rows, from, to);
        return expectedLoss(law, primary(this.agents.byName(agent).agent, answers), rows.from + from);
      };
      const { gate } = await this.catalog.version(agent, version, rows.timeline);
      const kind = counts[gate?.refit === undefined ? 'newRecipes' : 'refits'];
      kind.promoted += 1;
      if ((await of(version)) >= (await of(before))) kind.withoutGain += 1;
    }
    return counts;
  }

  private async broken({ agent, known }: StudyScope, world: World, rows: TimelineRows): Promise<BreakRow> {
    const at = simulate(agent, world, known).bars[world.breakAt!]!.eventTime;
    const alarms = await this.monitoring.alarms(world.agent, rows.timeline);
    const decisions = await this.decisions(rows.timeline, world.agent);
    const baseline = await this.baselineLosses(world.agent, rows);
    const losses = lossByRow(agent, rows.span, rows.outputs);
    const opened = (isWanted: (monitor: string) => boolean): Date[] =>
      alarms.filter(({ monitor }) => isWanted(monitor)).map(({ openedAsOf }) => openedAsOf);
    const response = breakResponse({
      eventTimes: rows.span.eventTimes,
      at,
      excess: losses.map((loss, row) => loss - baseline[row]!),
      lossAlarms: opened((monitor) => monitor === 'loss'),
      driftAlarms: opened((monitor) => monitor === 'features' || monitor === 'predictions'),
      retrains: decisions.flatMap(({ action, asOf }) => (action === 'retrain' ? [asOf] : [])),
      versions: rows.logged.map(({ version }) => version),
      baseline: (await this.catalog.firstVersion(world.agent, rows.timeline))!.version,
    });
    return { world: world.name, seed: world.seed, ...response };
  }

  private async decisions(timeline: string, agent: string): Promise<TimelineDecision[]> {
    return timelineDecisions(await this.decider.acted(agent, timeline));
  }

  private async baselineLosses(agent: string, rows: TimelineRows): Promise<Float64Array> {
    const { version } = (await this.catalog.firstVersion(agent, rows.timeline))!;
    return this.lossesOf(agent, version, rows, 0);
  }

  /** Losses of a version of the timeline on its rows from `from` on. */
  private async lossesOf(agent: string, version: string, rows: TimelineRows, from: number): Promise<Float64Array> {
    const to = rows.span.eventTimes.length;
    const outputs = await this.answers(agent, version, rows, from, to);
    return lossByRow(this.agents.byName(agent).agent, sliceSpan(rows.span, from, to), outputs);
  }

  private async answers(
    agent: string,
    version: string,
    { timeline, snapshot, from: first }: TimelineRows,
    from: number,
    to: number,
  ): Promise<SpanOutputs> {
    const { artifactSha256 } = await this.catalog.version(agent, version, timeline);
    return this.scorer.score(artifactSha256, snapshot, first + from, first + to);
  }
}

function alarmCounts(alarms: readonly TimelineAlarm[]): QuietRow['alarms'] {
  const counts = new Map<string, QuietRow['alarms'][number]>();
  for (const { kind, monitor } of alarms) {
    const key = `${kind} ${monitor}`;
    counts.set(key, { kind, monitor, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Which version answered which rows, in order. */
function tenures({ logged }: TimelineRows): Tenure[] {
  const periods: Tenure[] = [];
  for (const [row, { version }] of logged.entries()) {
    const last = periods.at(-1);
    if (last?.version === version) periods[periods.length - 1] = { ...last, to: row + 1 };
    else periods.push({ version, from: row, to: row + 1 });
  }
  return periods;
}

function meanOf(losses: Float64Array): number {
  const known = losses.filter((loss) => !Number.isNaN(loss));
  return known.reduce((sum, loss) => sum + loss, 0) / known.length;
}
