import type { Durability, Outcome, PredictItem, PredictionReply } from '@tidemark/contracts';
import type { PredictionMode } from '../prediction-record.js';

export interface PredictOptions {
  readonly durability: Durability;
  readonly mode: PredictionMode;
  readonly jobId?: string;
  /** Aborts between rows; what was computed is then not logged. */
  readonly signal?: AbortSignal;
}

/** The one way to a prediction: live traffic and the walk through history both come here. */
export interface Predictor {
  /** Brings the served models up to the registry before a run that must use the newest. */
  refresh(): Promise<void>;
  predict(items: readonly PredictItem[], options: PredictOptions): Promise<PredictionReply[]>;
}

export const PREDICTOR = Symbol('PREDICTOR');

/** A logged prediction as evaluation reads it. */
export interface LoggedPrediction {
  readonly asOf: Date;
  readonly version: string;
  readonly sequence: number;
  readonly outputs: Readonly<Record<string, number>>;
}

export interface PredictionLogReader {
  /** Predictions a job logged, by event time. */
  ofJob(jobId: string): Promise<LoggedPrediction[]>;
}

export const PREDICTION_LOG_READER = Symbol('PREDICTION_LOG_READER');

export interface OutcomeReader {
  /** Matures what can be matured now and returns how many rows that added. */
  mature(agent: string): Promise<number>;
  /** Latest revision of each outcome from `from` to `to`, both included, by event time. */
  latest(agent: string, from: Date, to: Date): Promise<Outcome[]>;
}

export const OUTCOME_READER = Symbol('OUTCOME_READER');
