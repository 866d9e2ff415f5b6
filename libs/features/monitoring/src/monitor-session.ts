import type { Agent, AlarmFacts, Monitors, Family } from '@tidemark/contracts';
import type { ArtifactScorer } from '@tidemark/inference/read';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { pairedLossTest } from '@tidemark/native';
import type { AlertDesk } from './alert-desk.js';
import { judgeSkew, judgeVolume } from './data-quality.js';
import type { DriftEvaluation } from './evaluation.js';
import { maturedRows, permutationImportance, type FeatureImportance } from './importance.js';
import type { Judge } from './judge.js';
import type { MonitorKey, MonitorRepository } from './monitor.repository.js';
import { lossesOf, meanOf, performanceRule, servedForecasts } from './performance.js';
import type { MaturedOutcome, MonitorSession, ObservedBar } from './read/index.js';
import type { MaturedBar } from './served-series.js';
import type { WatchedHistory } from './watched-history.js';

export interface SessionParts {
  readonly key: MonitorKey;
  readonly agent: Agent;
  readonly monitors: Monitors;
  readonly history: WatchedHistory;
  readonly judge: Judge;
  readonly desk: AlertDesk;
  readonly repository: MonitorRepository;
  readonly scorer: ArtifactScorer;
  /** Callers can have asked on this timeline. */
  readonly isLive: boolean;
  lastSeen: Date | undefined;
  lastImportance: Date | undefined;
}

/** Monitors of one agent that watch. */
export class WatchingSession implements MonitorSession {
  constructor(private readonly parts: SessionParts) {}

  async observe(bar: ObservedBar, matured: readonly MaturedOutcome[]): Promise<void> {
    const { parts } = this;
    if (parts.lastSeen !== undefined && bar.asOf <= parts.lastSeen) return;
    const { history, judge, desk, repository, key } = parts;
    const before = lastBefore(history, bar);
    history.observe(bar, matured);
    const drift = [...judge.drift(history, bar), ...(await this.volume(bar)), ...(await this.skew(bar))];
    const performance = await judge.performance(history, bar);
    const isNewRecipe = before !== undefined && before !== bar.serving.family;
    const changes = desk.apply([...drift, ...performance], bar.asOf, isNewRecipe);
    const importance = await this.importance(bar);
    const { asOf, serving } = bar;
    await repository.store(key, { asOf, version: serving.version, drift, performance, importance, changes });
    parts.lastSeen = asOf;
    if (importance.length > 0) parts.lastImportance = asOf;
  }

  alarms(): AlarmFacts[] {
    return this.parts.desk.alarms();
  }

  async compare(artifactSha256: string): ReturnType<MonitorSession['compare']> {
    const { history, agent, monitors } = this.parts;
    const { windowBars, minBars, alpha } = monitors.loss;
    const bars = history.served.tenure(windowBars);
    if (bars.length < minBars) return { bars: bars.length, status: 'insufficient' };
    const serving = lossesOf(agent.task, bars, servedForecasts(bars));
    const other = lossesOf(agent.task, bars, await history.score(artifactSha256, bars));
    if (serving === undefined || other === undefined) return { bars: bars.length, status: 'degenerate' };
    const { horizon } = performanceRule(agent, monitors);
    const { status, meanDifference } = pairedLossTest(other, serving, { horizon, alpha, minPairs: minBars });
    return { bars: bars.length, status, meanDifference };
  }

  degradation(): number | undefined {
    const { history, agent, monitors } = this.parts;
    const bars = history.served.tenure();
    const { windowBars, minBars } = monitors.loss;
    const size = Math.min(windowBars, Math.floor(bars.length / 2));
    if (size < minBars) return undefined;
    const meanLoss = (part: readonly MaturedBar[]): number | undefined => {
      const losses = lossesOf(agent.task, part, servedForecasts(part));
      return losses && meanOf(losses);
    };
    const [first, last] = [meanLoss(bars.slice(0, size)), meanLoss(bars.slice(-size))];
    return first === undefined || last === undefined || first === 0 ? undefined : (last - first) / Math.abs(first);
  }

  dispose(): void {
    // Nothing outside of memory is held: artifacts belong to the scorer.
  }

  /** Nothing where no caller has ever asked: a replay has no callers. */
  private async volume({ snapshot, row }: ObservedBar): Promise<DriftEvaluation[]> {
    const { isLive, repository, key, monitors } = this.parts;
    if (!isLive) return [];
    const instants = sessionBounds(snapshot, row, monitors.volume.sessions + 1);
    const counts = instants.length < 2 ? undefined : await repository.volumes(key, instants);
    return counts === undefined ? [] : [judgeVolume(monitors.volume, counts)];
  }

  /** Of the bar before, about which callers have asked until this one became known; nothing where none did. */
  private async skew({ snapshot, row }: ObservedBar): Promise<DriftEvaluation[]> {
    const { isLive, repository, key } = this.parts;
    if (!isLive || row === 0) return [];
    const asOf = new Date(snapshot.bars[(row - 1) * BAR_WIDTH]!);
    const answers = await repository.callerAnswers(key, asOf);
    if (answers === undefined) return [];
    const loopAt = answers.loopAt.getTime();
    const isRestated = snapshot.knownAt.subarray(0, row).some((knownAt) => knownAt > loopAt);
    return [judgeSkew({ ...answers, isRestated })];
  }

  /** Due every so many bars of the loop, and once for each version that begins to serve, when labels suffice. */
  private async importance({ snapshot, row, serving }: ObservedBar): Promise<FeatureImportance[]> {
    const { agent, monitors, history, lastImportance, scorer } = this.parts;
    const spec = monitors.importance;
    const since = history.served.tenureStart()!.asOf;
    const isNew = lastImportance === undefined || lastImportance.getTime() < since;
    if (!isNew && (history.served.count - 1) % spec.everyBars !== 0) return [];
    const question = { agent, spec, serving, snapshot, row };
    const rows = maturedRows(question);
    return rows === undefined ? [] : permutationImportance(question, rows, scorer);
  }
}

/** A session that was told not to watch: keeps, stores and says nothing. */
export const SILENT_SESSION: MonitorSession = {
  observe: async () => undefined,
  alarms: () => [],
  compare: async () => ({ bars: 0, status: 'insufficient' }),
  degradation: () => undefined,
  dispose: () => undefined,
};

/** Recipe that served on the bar before this one. */
function lastBefore({ served }: WatchedHistory, { asOf }: ObservedBar): Family | undefined {
  const { last } = served;
  if (last === undefined || last.asOf < asOf.getTime()) return last?.family;
  return served.all().findLast((bar) => bar.asOf < asOf.getTime())?.family;
}

/** A session lasts from the moment its bar became known to the moment the next one did; the newest is still open. */
function sessionBounds({ firstKnownAt }: SeriesSnapshot, row: number, sessions: number): Date[] {
  const bounds: Date[] = [];
  for (let at = row; at >= 0 && bounds.length <= sessions; at -= 1) {
    const opens = firstKnownAt[at]!;
    if (bounds.length === 0 || opens < bounds.at(-1)!.getTime()) bounds.push(new Date(opens));
  }
  return bounds.reverse();
}
