import type { Agent, Monitors } from '@tidemark/contracts';
import { BAR_WIDTH, type FreshnessReader } from '@tidemark/market-data/read';
import { daysBetween, judgeDataAge } from './data-quality.js';
import { judgeDrift } from './drift-evaluator.js';
import type { DriftEvaluation, PerformanceEvaluation } from './evaluation.js';
import { judgeCalibration, judgeLoss, performanceRule } from './performance.js';
import type { ObservedBar } from './read/index.js';
import { judgeValueAtRisk } from './value-at-risk.js';
import type { WatchedHistory } from './watched-history.js';

/** Puts the questions of all monitors to the history at one bar. */
export class Judge {
  constructor(
    private readonly agent: Agent,
    private readonly monitors: Monitors,
    private readonly freshness: FreshnessReader,
  ) {}

  /** Drift of inputs and predictions, age. */
  drift(history: WatchedHistory, bar: ObservedBar): DriftEvaluation[] {
    return [...this.features(history, bar), this.predictions(history, bar), this.dataAge(bar)];
  }

  /** Loss, calibration and value at risk on what has matured. */
  async performance(history: WatchedHistory, { serving }: ObservedBar): Promise<PerformanceEvaluation[]> {
    const { agent, monitors } = this;
    const rule = performanceRule(agent, monitors);
    const tenure = history.served.tenure(monitors.loss.windowBars);
    const compared = serving.isBaseline ? tenure : await history.withBaseline(tenure);
    const judged = [
      judgeLoss(rule, compared, serving.isBaseline),
      judgeCalibration(rule, history.served.tenure(monitors.calibration.windowBars)),
    ];
    if (agent.task === 'direction') return judged;
    const { windowBars, lowerWindowBars } = monitors.valueAtRisk;
    const newest = history.served.newestMatured(Math.max(windowBars, lowerWindowBars));
    return [...judged, judgeValueAtRisk(monitors.valueAtRisk, newest)];
  }

  private features(history: WatchedHistory, bar: ObservedBar): DriftEvaluation[] {
    const rule = { monitor: 'features', preset: this.monitors.preset, spec: this.monitors.features } as const;
    const row = history.featureRow(bar.row) ?? -1;
    const windows = row < 0 ? undefined : history.features.windowsAt(row);
    const scores = windows && history.features.at(row);
    const end = windows && history.featureTime(windows.referenceTo - 1);
    return this.agent.features.map((name, column) => judgeDrift(rule, name, scores?.[column], end));
  }

  private predictions(history: WatchedHistory, { outputs }: ObservedBar): DriftEvaluation {
    const rule = { monitor: 'predictions', preset: this.monitors.preset, spec: this.monitors.predictions } as const;
    const row = history.predictions.rows - 1;
    const windows = history.predictions.windowsAt(row);
    const end = windows && new Date(history.served.all()[windows.referenceTo - 1]!.asOf);
    return judgeDrift(rule, Object.keys(outputs)[0] ?? 'output', history.predictions.at(row)?.[0], end);
  }

  private dataAge({ snapshot, row, asOf, freshness }: ObservedBar): DriftEvaluation {
    const isStale = freshness?.stale ?? false;
    if (row === 0) return judgeDataAge({ gapDays: undefined, isGap: false, isStale });
    const previous = snapshot.bars[(row - 1) * BAR_WIDTH]!;
    const gapDays = daysBetween(previous, asOf.getTime());
    return judgeDataAge({ gapDays, isGap: this.isGap(snapshot.series, previous, asOf), isStale });
  }

  /** Whether the calendar expected a bar between two: whether the series was stale just before the second was due. */
  private isGap(series: string, previous: number, next: Date): boolean {
    const { agent, source } = this.agent;
    const before = { ...EMPTY, series, rows: 1, lastEventTime: new Date(previous) };
    const due = next.getTime() + source.knownAfterHours * HOUR_MS;
    return this.freshness.at(agent, before, new Date(due - 1))?.stale ?? false;
  }
}

const HOUR_MS = 3_600_000;
const NONE = new Float64Array(0);
const EMPTY = { bars: NONE, knownAt: NONE, firstKnownAt: NONE, lastKnownAt: undefined };
