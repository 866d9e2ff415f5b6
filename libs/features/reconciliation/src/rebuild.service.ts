import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Difference, Reconciled, Restatement } from '@tidemark/contracts';
import { ARTIFACT_SCORER, type ArtifactScorer } from '@tidemark/inference/read';
import { isTidemarkError } from '@tidemark/kernel';
import { BAR_ARCHIVE, BAR_WIDTH, type BarArchive, type SeriesArchive } from '@tidemark/market-data/read';
import { DECISION_AUDIT, type DecisionAudit } from '@tidemark/policy/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { decisionDifferences } from './decision-check.js';
import { barDifferences, causeAt, damageKey, type Span } from './differences.js';
import { LogRepository, type LoggedFinding, type LoggedPrediction } from './log.repository.js';
import { MonitorCheck, type MonitorQuestion } from './monitor-check.js';
import { knownIn, outcomeDifferences } from './outcome-check.js';
import { PredictionCheck } from './prediction-check.js';
import { restatementsOf } from './restatements.js';

export interface RebuildQuestion {
  readonly agent: Agent;
  /** End of the day, not included. */
  readonly to: Date;
  /** The day alone, or so many bars of the loop before its end. */
  readonly bars?: number;
  /** Changed bars that a person has explained. */
  readonly explained: ReadonlySet<string>;
}

export interface RebuildReport {
  /** In the order of the path: bars, predictions, outcomes, monitors, decisions; in each by time. */
  readonly differences: readonly Difference[];
  readonly restatements: readonly Restatement[];
  readonly checked: Reconciled;
}

const DAY_MS = 86_400_000;

/** Rebuilds a span of an agent's log on the current timeline from raw bars by known-at. Writes nothing. */
@Injectable()
export class RebuildService {
  constructor(
    @Inject(BAR_ARCHIVE) private readonly archive: BarArchive,
    @Inject(ARTIFACT_SCORER) private readonly scorer: ArtifactScorer,
    @Inject(DECISION_AUDIT) private readonly audit: DecisionAudit,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    private readonly log: LogRepository,
    private readonly monitors: MonitorCheck,
  ) {}

  async run({ agent, to, bars, explained }: RebuildQuestion): Promise<RebuildReport> {
    const archive = await this.archive.read(agent.source.series);
    const predictions = await this.log.loop(agent.agent, to, lastBarBy(archive, to));
    const from = startOf(predictions, to, bars);
    const damages = archive.damages.filter((damage) => !explained.has(damageKey(damage)));
    const span: Span = { archive, damages, from, to };
    const check = new PredictionCheck(span, this.scorer, agent.schedule.drift.everyHours);
    const first = firstOf(span, predictions);
    const observed = predictions.slice(first);
    const callers = await this.log.callers(agent.agent, from, to);
    const onBars = callers.filter(({ asOf }) => asOf !== undefined);
    const outcomes = await this.log.outcomes(agent.agent);
    const findings = await this.findings(agent.agent, observed);
    const rules = await this.log.rules(agent.agent);
    const decided = await this.decisions(agent.agent, span, predictions, findings);
    const upstream = [
      ...barDifferences(agent.source.series, damages),
      ...(await this.predictions(span, check, predictions, first, onBars)),
      ...outcomeDifferences(span, agent.label, outcomes, observed),
    ];
    const question = { agent, rules, predictions, first, outcomes, logged: findings };
    const differences = [...upstream, ...(await this.watched(span, question, upstream)), ...decided.differences];
    return {
      differences,
      restatements: await restatementsOf(span, check, predictions),
      checked: {
        from: from.toISOString(),
        to: to.toISOString(),
        bars: archive.count,
        predictions: observed.length,
        callers: onBars.length,
        callerSupplied: callers.length - onBars.length,
        outcomes: knownIn(span, outcomes).length,
        monitors: findings.length,
        decisions: decided.count,
        damagedBars: damages.map(damageKey),
      },
    };
  }

  /** What is wrong further up may leave nothing that monitors can look at. */
  private async watched(
    span: Span,
    { rules, ...question }: Omit<MonitorQuestion, 'rules'> & Partial<Pick<MonitorQuestion, 'rules'>>,
    upstream: readonly Difference[],
  ): Promise<Difference[]> {
    if (rules === undefined) return [];
    try {
      return await this.monitors.differences(span, { ...question, rules });
    } catch (error) {
      if (upstream.length > 0 && isTidemarkError(error) && !error.retryable) return [];
      throw error;
    }
  }

  private async findings(agent: string, observed: readonly LoggedPrediction[]): Promise<LoggedFinding[]> {
    const [first, last] = [observed[0], observed.at(-1)];
    return first === undefined ? [] : this.log.findings(agent, first.asOf!, last!.asOf!);
  }

  private async predictions(
    span: Span,
    check: PredictionCheck,
    rows: readonly LoggedPrediction[],
    first: number,
    callers: readonly LoggedPrediction[],
  ): Promise<Difference[]> {
    const found: Difference[] = unpredicted(span, rows);
    for (let row = first; row < rows.length; row += 1)
      found.push(...(await check.ofLoop(rows[row]!, rows[row - 1]?.at)));
    for (const row of callers) found.push(...(await check.ofCaller(row)));
    return found;
  }

  private async decisions(
    agent: string,
    { from, to }: Span,
    predictions: readonly LoggedPrediction[],
    findings: readonly LoggedFinding[],
  ): Promise<{ count: number; differences: Difference[] }> {
    const audited = await this.audit.verify(agent, from, to);
    const deployments = await this.catalog.deployments(agent);
    const named = audited.flatMap(({ context }) => versionsIn(context));
    const artifacts = new Map<string, string>();
    for (const version of new Set(named)) {
      const registered = await this.catalog.version(agent, version).catch(unlessUnknown);
      if (registered !== undefined) artifacts.set(version, registered.artifactSha256);
    }
    const slots = await this.log.retrainSlots(agent, from, to);
    const evidence = { predictions, findings, deployments, slots, artifacts };
    return { count: audited.length, differences: audited.flatMap((each) => decisionDifferences(each, evidence)) };
  }
}

/** A version that a context names and the registry has not is a finding; a registry that did not answer is none. */
function unlessUnknown(error: unknown): undefined {
  if (isTidemarkError(error) && error.code === 'VERSION_UNKNOWN') return undefined;
  throw error;
}

/** The last instant of a span whose end is not part of it. */
function before(end: Date): Date {
  return new Date(end.getTime() - 1);
}

/** Event time of the newest bar that was known before an instant. */
function lastBarBy(archive: SeriesArchive, to: Date): Date {
  return archive.asOf(before(to)).lastEventTime ?? new Date(0);
}

function startOf(predictions: readonly LoggedPrediction[], to: Date, bars: number | undefined): Date {
  const day = new Date(to.getTime() - DAY_MS);
  if (bars === undefined) return day;
  const first = predictions.at(-bars)?.at ?? predictions[0]?.at ?? day;
  return first < day ? first : day;
}

/** Where the span begins among the predictions: with the first logged in it, or whose bar says that it belongs there. */
function firstOf({ archive, from, to }: Span, predictions: readonly LoggedPrediction[]): number {
  const { bars, firstKnownAt, rows } = archive.asOf(before(to));
  const knownAt = new Map<number, number>();
  for (let row = 0; row < rows; row += 1) knownAt.set(bars[row * BAR_WIDTH]!, firstKnownAt[row]!);
  const first = predictions.findIndex(
    ({ at, asOf }) => (at >= from && at < to) || (knownAt.get(asOf!.getTime()) ?? -Infinity) >= from.getTime(),
  );
  return first < 0 ? predictions.length : first;
}

/** Bars that became known in the span while the loop was running, and that it has no prediction for. */
function unpredicted(span: Span, predictions: readonly LoggedPrediction[]): Difference[] {
  const { bars, firstKnownAt, rows } = span.archive.asOf(before(span.to));
  const logged = new Set(predictions.map(({ asOf }) => asOf!.getTime()));
  const [first, last] = [predictions[0], predictions.at(-1)];
  const missing: Difference[] = [];
  for (let row = 0; row < rows; row += 1) {
    const asOf = bars[row * BAR_WIDTH]!;
    const known = firstKnownAt[row]!;
    if (first === undefined || last === undefined || known < span.from.getTime() || logged.has(asOf)) continue;
    if (asOf < first.asOf!.getTime() || asOf > last.asOf!.getTime()) continue;
    // The loop goes on from its newest bar: an older one that comes after it is passed by.
    if (predictions.some((each) => each.asOf!.getTime() > asOf && each.at.getTime() < known)) continue;
    const cause = causeAt(span, new Date(asOf), 'log changed');
    const at = new Date(asOf).toISOString();
    missing.push({
      table: 'predictions',
      key: { mode: 'loop', as_of: at },
      column: 'as_of',
      logged: null,
      rebuilt: at,
      cause,
    });
  }
  return missing;
}

function versionsIn(context: Readonly<Record<string, unknown>>): string[] {
  return ['serving', 'baseline', 'candidate'].flatMap((name) => {
    const version = (context[name] as { version?: unknown } | undefined)?.version;
    return typeof version === 'string' && /^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(version) ? [version] : [];
  });
}
