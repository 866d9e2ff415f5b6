import type {
  Durability,
  Family,
  Outcome,
  PredictItem,
  PredictionReply,
  Signature,
  VersionFacts,
} from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';

export { hashInputs } from '../prediction-record.js';

export interface PredictOptions {
  readonly durability: Durability;
  /** Aborts between rows; what was computed is then not logged. */
  readonly signal?: AbortSignal;
}

/** What the loop answered for one bar. */
export interface BarPrediction {
  readonly id: string;
  /** Event time of the bar. */
  readonly asOf: Date;
  readonly serving: VersionFacts;
  readonly generation: number;
  readonly outputs: Readonly<Record<string, number>>;
  /** Inputs as the model saw them. */
  readonly inputs: Float64Array;
}

/** The one way to a prediction: live callers and the loop both come here. */
export interface Predictor {
  /** For callers, by what this process serves of the live timeline. */
  predict(items: readonly PredictItem[], options: PredictOptions): Promise<PredictionReply[]>;
  /**
   * For the loop (log mode `loop`): row `row` of the snapshot from the bars up to its own, by the Production version of the
   * current timeline. Logged in the unit of work it runs in, or committed at once where there is none, at the time of
   * the clock; a bar is predicted once a timeline and agent, the log's primary key refuses a second time.
   * @throws NOT_READY without a version in Production, INSUFFICIENT_HISTORY, INSUFFICIENT_LABELS
   */
  predictBar(agent: string, snapshot: SeriesSnapshot, row: number): Promise<BarPrediction>;
}

export const PREDICTOR = Symbol('PREDICTOR');

/** A logged prediction as evaluation reads it. */
export interface LoggedPrediction {
  readonly asOf: Date;
  readonly version: string;
  readonly sequence: number;
  readonly outputs: Readonly<Record<string, number>>;
}

/** What the loop logged for one bar. */
export interface LoopPrediction extends LoggedPrediction {
  readonly artifactSha256: string;
  readonly family: Family;
}

/** Event times, both included; timeline: default the current one. */
export interface LoopQuery {
  readonly from?: Date;
  readonly to?: Date;
  readonly timeline?: string;
}

export interface PredictionLogReader {
  /** What the loop predicted, in order of event time. */
  loop(agent: string, query?: LoopQuery): Promise<LoopPrediction[]>;
}

export const PREDICTION_LOG_READER = Symbol('PREDICTION_LOG_READER');

/** An outcome that has become known, or another value of one known before. */
export interface NewOutcome {
  /** Event time of the bar it is the label of. */
  readonly asOf: Date;
  readonly value: number;
  /** 1, and one more with each correction. */
  readonly revision: number;
}

/** Outcomes of the current timeline. */
export interface OutcomeReader {
  /**
   * Matures what callers asked for, as known now, and returns how many rows that added. What the loop predicted, or is
   * about to, is left to {@link matureRecent}.
   */
  mature(agent: string): Promise<number>;
  /**
   * Matures what the loop predicted for bars from `from` on (event time), as known now in this world, in the unit of work
   * it runs in. Returns the rows added, in order of event time. Two queries: cheap enough for every bar.
   */
  matureRecent(agent: string, from: Date): Promise<NewOutcome[]>;
  /** Latest revision of each outcome from `from` to `to`, both included, by event time. */
  latest(agent: string, from: Date, to: Date, timeline?: string): Promise<Outcome[]>;
}

export const OUTCOME_READER = Symbol('OUTCOME_READER');

/**
 * Registered artifacts, scored without being served or logged. Loaded once and kept, the least recently used out first.
 * Rows are numbers by the model's signature, row-major.
 */
export interface ArtifactScorer {
  signature(sha256: string): Promise<Signature>;
  /** Numbers in an input row. */
  rowWidth(sha256: string): Promise<number>;
  /** Outputs by name on rows [from, to) of the snapshot, each from the bars up to its own. */
  score(sha256: string, snapshot: SeriesSnapshot, from: number, to: number): Promise<ReadonlyMap<string, Float64Array>>;
  /** Inputs of rows [from, to) of the snapshot. */
  inputRows(sha256: string, snapshot: SeriesSnapshot, from: number, to: number): Promise<Float64Array>;
  /** Outputs of the given input rows. */
  predictRows(sha256: string, inputs: Float64Array, rows: number): Promise<Float64Array>;
}

export const ARTIFACT_SCORER = Symbol('ARTIFACT_SCORER');
