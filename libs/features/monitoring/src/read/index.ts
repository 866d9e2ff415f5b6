import type {
  Agent,
  AlarmFacts,
  AlertKind,
  Monitors,
  MonitorSpeaks,
  Severity,
  VersionFacts,
} from '@tidemark/contracts';
import type { Freshness, SeriesSnapshot } from '@tidemark/market-data/read';
import type { DriftEvaluation, PerformanceEvaluation } from '../evaluation.js';

export type { DriftEvaluation, PerformanceEvaluation } from '../evaluation.js';

/** One bar as the loop hands it to the monitors, in order of time, each once. */
export interface ObservedBar {
  /** The series as known at this instant. */
  readonly snapshot: SeriesSnapshot;
  /** Row of the bar in the snapshot. */
  readonly row: number;
  readonly asOf: Date;
  /** The version that served it and what it answered, by output name. */
  readonly serving: VersionFacts;
  readonly outputs: Readonly<Record<string, number>>;
  readonly freshness?: Freshness;
}

/** An outcome that has become known: the label of an earlier bar, possibly a further revision. */
export interface MaturedOutcome {
  readonly asOf: Date;
  readonly value: number;
}

/** The monitors of one agent on one timeline: what they remember follows from what is stored. */
export interface MonitorSession {
  /**
   * Takes one new bar and the outcomes that matured with it; stores metrics, performance and alerts in the unit of work
   * it runs in. A bar not later than the last one changes nothing: each counts once. Memory does not roll back: after a
   * unit of work that failed the session is stale and has to be opened anew.
   */
  observe(bar: ObservedBar, matured: readonly MaturedOutcome[]): Promise<void>;
  /** What the monitors say now. */
  alarms(): AlarmFacts[];
  /**
   * Mean loss of another artifact minus that of the serving version on the serving version's own matured bars (its newest
   * window): negative means the other one would have been better.
   */
  compare(artifactSha256: string): Promise<{
    readonly bars: number;
    readonly status: 'ok' | 'insufficient' | 'degenerate';
    readonly meanDifference?: number;
  }>;
  /**
   * Mean loss of the serving version's newest bars over that of as many first ones, as a share; undefined until it has
   * `loss.minBars` of each, and where a forecast in either has no loss. A window has at most `loss.windowBars`.
   */
  degradation(): number | undefined;
  dispose(): void;
}

export interface Monitoring {
  /** Opens the monitors of an agent in the current world, rebuilt from what is stored. `watch: false` stores and says nothing. */
  open(agent: Agent, monitors: Monitors, options: { readonly watch: boolean }): Promise<MonitorSession>;
}

export const MONITORING = Symbol('MONITORING');

/** The past that monitors start from. */
export interface WatchedPast {
  readonly snapshot: SeriesSnapshot;
  readonly served: readonly (Pick<VersionFacts, 'version' | 'family'> & {
    readonly asOf: Date;
    readonly outputs: Readonly<Record<string, number>>;
  })[];
  readonly outcomes: readonly MaturedOutcome[];
}

/** What the monitors had to find at one bar; without what callers did (volume, skew), which no bar tells. */
export interface RebuiltFindings {
  readonly asOf: Date;
  readonly drift: readonly DriftEvaluation[];
  readonly performance: readonly PerformanceEvaluation[];
}

/** Findings computed anew by the evaluators of the monitors; stores nothing. */
export interface MonitorRebuild {
  rebuild(
    agent: Agent,
    monitors: Monitors,
    past: WatchedPast,
    bars: readonly (readonly [ObservedBar, readonly MaturedOutcome[]])[],
  ): Promise<RebuiltFindings[]>;
}

export const MONITOR_REBUILD = Symbol('MONITOR_REBUILD');

/** An alert that no bar raises: it stands until it is resolved by its monitor and subject. */
export interface ErrorAlerts {
  raise(
    agent: string,
    alert: { readonly monitor: 'skew'; readonly subject: string; readonly message: string; readonly asOf: Date },
  ): Promise<void>;
  clear(
    agent: string,
    alert: { readonly monitor: 'skew'; readonly subject: string; readonly by: string; readonly asOf: Date },
  ): Promise<void>;
}

export const ERROR_ALERTS = Symbol('ERROR_ALERTS');

/** An alert as it was raised on a timeline. */
export interface TimelineAlarm {
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly monitor: string;
  readonly subject: string;
  /** Bar that opened it, and the one that ended it if it has ended. */
  readonly openedAsOf: Date;
  readonly resolvedAsOf?: Date;
  readonly message: string;
}

/** A drift statistic of one bar as a multiple of its limit. */
export interface DriftPoint {
  readonly monitor: string;
  readonly subject: string;
  readonly asOf: Date;
  readonly ratio: number;
}

/** What the monitors of an agent left. Timelines default to the current one. */
export interface MonitoringReader {
  /** Every alert that was raised, oldest first. */
  alarms(agent: string, timeline?: string): Promise<TimelineAlarm[]>;
  /** From which bar each monitor could raise alarms, over its subjects. */
  speaking(agent: string, timeline?: string): Promise<MonitorSpeaks[]>;
  /** Every drift statistic that had a limit, by monitor, subject and time. */
  drift(agent: string, timeline?: string): Promise<DriftPoint[]>;
}

export const MONITORING_READER = Symbol('MONITORING_READER');
