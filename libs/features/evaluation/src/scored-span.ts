import type { Agent, Outcome } from '@tidemark/contracts';
import { conflict } from '@tidemark/kernel';
import type { LoggedPrediction } from '@tidemark/inference/read';

/** Outputs of one model on every bar of a span, by output name and in order of event time. */
export type SpanOutputs = ReadonlyMap<string, Float64Array>;

/** The bars that the table measures. Arrays have one entry a bar; NaN where a label has not matured. */
export interface Span {
  readonly eventTimes: readonly Date[];
  readonly closes: Float64Array;
  /** The close after the last bar, where it is known: by it the last value at risk is judged. */
  readonly nextClose: number | undefined;
  readonly truth: Float64Array;
}

/** Bars of the span whose label has matured: the rows on which losses are paired. */
export function maturedRows(span: Span): number[] {
  return span.eventTimes.flatMap((_, row) => (Number.isNaN(span.truth[row]!) ? [] : [row]));
}

/** Rows [from, to) of a span. Labels of its last bars may have matured on bars after it. */
export function sliceSpan(span: Span, from: number, to: number): Span {
  return {
    eventTimes: span.eventTimes.slice(from, to),
    closes: span.closes.subarray(from, to),
    nextClose: to < span.closes.length ? span.closes[to] : span.nextClose,
    truth: span.truth.subarray(from, to),
  };
}

export function sliceOutputs(outputs: SpanOutputs, from: number, to: number): SpanOutputs {
  return new Map([...outputs].map(([name, values]) => [name, values.subarray(from, to)]));
}

/**
 * What was served on the span, from a timeline's prediction log alone. Every bar must have exactly one row.
 * @throws PREDICTION_LOG_INCOMPLETE when a bar has no logged prediction or more than one: no table is printed from a
 *   log with holes.
 */
export function servedOutputs(
  span: Span,
  logged: readonly LoggedPrediction[],
  outputNames: readonly string[],
): SpanOutputs {
  const byTime = new Map(logged.map((prediction) => [prediction.asOf.getTime(), prediction]));
  const missing = span.eventTimes.filter((time) => !byTime.has(time.getTime()));
  if (missing.length > 0 || logged.length !== span.eventTimes.length) {
    const example = missing[0]?.toISOString() ?? 'a bar logged twice';
    throw conflict(
      'PREDICTION_LOG_INCOMPLETE',
      `The prediction log holds ${logged.length} rows for ${span.eventTimes.length} bars (first missing: ${example}): no result is computed from it.`,
      { logged: logged.length, bars: span.eventTimes.length, missing: missing.length },
    );
  }
  return new Map(outputNames.map((name) => [name, outputColumn(span, byTime, name)]));
}

/** One logged output of every bar; a bar without a number would count as no breach, or as no position. */
function outputColumn(span: Span, byTime: ReadonlyMap<number, LoggedPrediction>, name: string): Float64Array {
  const values = span.eventTimes.map((time) => byTime.get(time.getTime())!.outputs[name] ?? Number.NaN);
  const hole = values.findIndex((value) => !Number.isFinite(value));
  if (hole < 0) return Float64Array.from(values);
  const time = span.eventTimes[hole]!.toISOString();
  throw conflict(
    'PREDICTION_LOG_INCOMPLETE',
    `The prediction logged for ${time} has no number for ${name}: no result is computed from it.`,
    { output: name, asOf: time },
  );
}

/**
 * Matured labels of the span from stored outcomes. `expected` are the labels the bars give; a stored outcome that is
 * absent or differs means that outcomes are behind.
 * @throws OUTCOMES_INCOMPLETE
 */
export function truthOf(
  eventTimes: readonly Date[],
  outcomes: readonly Outcome[],
  expected: Float64Array,
): Float64Array {
  const byTime = new Map(outcomes.map((outcome) => [Date.parse(outcome.asOf), outcome.value]));
  const truth = Float64Array.from(eventTimes, (time) => byTime.get(time.getTime()) ?? Number.NaN);
  const differing = eventTimes.filter((_, row) => !Object.is(truth[row], expected[row]));
  if (differing.length === 0) return truth;
  throw conflict(
    'OUTCOMES_INCOMPLETE',
    `${differing.length} outcomes are missing or differ from the bars (first: ${differing[0]!.toISOString()}): mature them, then ask again.`,
    { differing: differing.length },
  );
}

export function lossName(agent: Agent): 'log_loss' | 'qlike' {
  return agent.task === 'direction' ? 'log_loss' : 'qlike';
}

export function outputNames(agent: Agent): string[] {
  return agent.task === 'direction' ? ['probability'] : ['volatility', 'var_99'];
}

export function horizonOf(agent: Agent): number {
  return agent.label.kind === 'forward_return_sign' ? agent.label.horizon : 1;
}
