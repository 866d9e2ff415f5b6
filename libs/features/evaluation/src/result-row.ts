import type { Agent, ResultRow } from '@tidemark/contracts';
import { backtestDirection, binomialInterval, lossPerRow, pairedLossTest } from '@tidemark/native';
import { horizonOf, lossName, maturedRows, type Span, type SpanOutputs } from './scored-span.js';

/** Level of the value at risk and of its exact interval. */
const VAR_LEVEL = 0.01;
const INTERVAL_CONFIDENCE = 0.95;
/** Decided, filled, marked: shorter spans have no profit or loss. */
const TRADABLE_BARS = 3;

export interface RowSubject {
  readonly name: string;
  readonly kind: ResultRow['kind'];
  readonly outputs: SpanOutputs;
}

/** The first output: the probability of a direction agent, σ̂ of a volatility agent. */
function primary(agent: Agent, outputs: SpanOutputs): Float64Array {
  return outputs.get(agent.task === 'direction' ? 'probability' : 'volatility')!;
}

/** Losses on the matured rows, paired by position. */
export function losses(agent: Agent, span: Span, outputs: SpanOutputs): Float64Array {
  const rows = maturedRows(span);
  if (rows.length === 0) return new Float64Array(0);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return lossPerRow(lossName(agent), pick(primary(agent, outputs)), pick(span.truth));
}

/** One model's row: loss and its paired difference to the baseline, then the figures of the agent's task. */
export function modelRow(agent: Agent, span: Span, subject: RowSubject, baselineLosses: Float64Array): ResultRow {
  const own = losses(agent, span, subject.outputs);
  const row: ResultRow = {
    name: subject.name,
    kind: subject.kind,
    bars: own.length,
    ...(own.length === 0 ? {} : { loss: mean(own) }),
    ...(subject.kind === 'baseline' ? {} : difference(own, baselineLosses, horizonOf(agent))),
  };
  return agent.task === 'direction'
    ? {
        ...row,
        ...hitRates(span, primary(agent, subject.outputs)),
        ...trading(agent, span, primary(agent, subject.outputs)),
      }
    : { ...row, ...breaches(span, subject.outputs.get('var_99')!) };
}

/** Always invested: what the index itself returned. */
export function holdRow(agent: Agent, span: Span): ResultRow {
  const always = new Float64Array(span.eventTimes.length).fill(1);
  return {
    name: 'hold the index',
    kind: 'hold',
    bars: span.eventTimes.length,
    ...hitRates(span, always),
    ...trading(agent, span, always),
  };
}

function difference(own: Float64Array, baseline: Float64Array, horizon: number): Partial<ResultRow> {
  const test = pairedLossTest(own, baseline, { horizon });
  if (test.status === 'ok') return { deltaLoss: test.meanDifference, deltaT: test.t };
  return test.status === 'degenerate' ? { deltaLoss: test.meanDifference } : {};
}

/** Share of matured labels on the side of one half the probability is on, beside the share of positive labels. */
function hitRates(span: Span, probabilities: Float64Array): Partial<ResultRow> {
  const rows = maturedRows(span);
  const hits = rows.filter((row) => probabilities[row]! > 0.5 === span.truth[row]! > 0.5).length;
  const positive = rows.filter((row) => span.truth[row]! > 0.5).length;
  return rows.length === 0 ? {} : { hitRate: hits / rows.length, baseRate: positive / rows.length };
}

function trading(agent: Agent, span: Span, probabilities: Float64Array): Partial<ResultRow> {
  if (span.closes.length < TRADABLE_BARS) return {};
  const { rule, smoothing, fill, costBps, barsPerYear } = agent.position;
  const fillLag = fill === 'next_close' ? 1 : 0;
  const report = backtestDirection({
    closes: span.closes,
    probabilities,
    rule,
    smoothing,
    fillLag,
    costBps,
    barsPerYear,
  });
  return {
    netSharpe: report.netSharpe,
    netSharpeSe: report.netSharpeSe,
    turnoverPerYear: report.turnoverPerYear,
    maxDrawdown: report.maxDrawdown,
    breakEvenBps: report.breakEvenBps,
  };
}

/** A breach: the next bar's log return lies below −VaR. */
function breaches(span: Span, valueAtRisk: Float64Array): Partial<ResultRow> {
  const { closes } = span;
  const n = closes.length - 1;
  if (n < 1) return {};
  let count = 0;
  for (let row = 0; row < n; row += 1) if (Math.log(closes[row + 1]! / closes[row]!) < -valueAtRisk[row]!) count += 1;
  const [low, high] = binomialInterval(count, n, INTERVAL_CONFIDENCE);
  return { breaches: count, expectedBreaches: n * VAR_LEVEL, breachRateInterval: [low, high] };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
