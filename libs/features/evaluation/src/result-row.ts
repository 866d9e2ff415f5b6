import type { Agent, ResultRow } from '@tidemark/contracts';
import {
  backtestDirection,
  lossPerRow,
  sharpeDifference,
  valueAtRiskReport,
  type BacktestFigures,
} from '@tidemark/native';
import { lossDifference } from './loss-difference.js';
import { horizonOf, lossName, maturedRows, type Span, type SpanOutputs } from './scored-span.js';

/** Probability of a breach that the value at risk states. */
const VAR_LEVEL = 0.01;
/** Decided, filled, marked: shorter spans have no profit or loss. */
export const TRADABLE_BARS = 3;

export interface RowSubject {
  readonly name: string;
  readonly kind: ResultRow['kind'];
  readonly number?: number;
  readonly outputs: SpanOutputs;
  /** What its timeline did; absent where nothing decides. */
  readonly counts?: DecisionCounts;
}

/** How often a timeline trained and what became of it. */
export type DecisionCounts = Required<Pick<ResultRow, 'fits' | 'promotions' | 'refusals' | 'rollbacks'>>;

/** What every row is held against. */
export interface Yardstick {
  readonly baselineLosses: Float64Array;
  /** The index's own result; absent for volatility agents and spans too short to trade. */
  readonly hold?: BacktestFigures;
}

/** The output that losses are computed from: the probability of a direction agent, σ̂ of a volatility agent. */
export function primary(agent: Agent, outputs: SpanOutputs): Float64Array {
  return outputs.get(agent.task === 'direction' ? 'probability' : 'volatility')!;
}

/** Losses on the matured rows, paired by position. */
export function losses(agent: Agent, span: Span, outputs: SpanOutputs): Float64Array {
  const rows = maturedRows(span);
  if (rows.length === 0) return new Float64Array(0);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return lossPerRow(lossName(agent), pick(primary(agent, outputs)), pick(span.truth));
}

/** Loss of every bar of the span; NaN where its label has not matured. */
export function lossByRow(agent: Agent, span: Span, outputs: SpanOutputs): Float64Array {
  const all = new Float64Array(span.eventTimes.length).fill(Number.NaN);
  const matured = losses(agent, span, outputs);
  maturedRows(span).forEach((row, index) => {
    all[row] = matured[index]!;
  });
  return all;
}

export function yardstick(agent: Agent, span: Span, baselineOutputs: SpanOutputs): Yardstick {
  const baselineLosses = losses(agent, span, baselineOutputs);
  return agent.task === 'direction'
    ? { baselineLosses, hold: backtest(agent, span, always(span)) }
    : { baselineLosses };
}

/** One model's row: loss and its paired difference to the baseline, then the figures of the agent's task. */
export function modelRow(agent: Agent, span: Span, subject: RowSubject, against: Yardstick): ResultRow {
  const own = losses(agent, span, subject.outputs);
  const answers = primary(agent, subject.outputs);
  const row: ResultRow = {
    name: subject.name,
    kind: subject.kind,
    number: subject.number,
    bars: own.length,
    ...subject.counts,
    isConstant: answers.every((answer) => answer === answers[0]),
    ...(own.length === 0 ? {} : { loss: mean(own) }),
    ...(subject.kind === 'baseline' ? {} : lossDifference(own, against.baselineLosses, horizonOf(agent))),
  };
  return agent.task === 'direction'
    ? { ...row, ...hitRates(span, answers), ...trading(agent, backtest(agent, span, answers), against.hold) }
    : { ...row, ...breaches(span, subject.outputs.get('var_99')!) };
}

/** Always invested: what the index itself returned. */
export function holdRow(agent: Agent, span: Span, { hold }: Yardstick): ResultRow {
  return {
    name: 'hold the index',
    kind: 'hold',
    number: 2,
    bars: maturedRows(span).length,
    ...hitRates(span, always(span)),
    ...trading(agent, hold, undefined),
  };
}

function always(span: Span): Float64Array {
  return new Float64Array(span.eventTimes.length).fill(1);
}

/** Share of matured labels on the side of one half the probability is on, beside the share of positive labels. */
function hitRates(span: Span, probabilities: Float64Array): Partial<ResultRow> {
  const rows = maturedRows(span);
  const hits = rows.filter((row) => probabilities[row]! > 0.5 === span.truth[row]! > 0.5).length;
  const positive = rows.filter((row) => span.truth[row]! > 0.5).length;
  return rows.length === 0 ? {} : { hitRate: hits / rows.length, baseRate: positive / rows.length };
}

/** Positions by the agent's own rule, fill and cost; undefined for spans too short to trade. */
export function backtest(agent: Agent, span: Span, probabilities: Float64Array): BacktestFigures | undefined {
  if (span.closes.length < TRADABLE_BARS) return undefined;
  const { fill, ...rule } = agent.position;
  return backtestDirection({
    ...rule,
    closes: span.closes,
    probabilities,
    fillLag: fill === 'next_close' ? 1 : 0,
  });
}

function trading(
  agent: Agent,
  figures: BacktestFigures | undefined,
  hold: BacktestFigures | undefined,
): Partial<ResultRow> {
  if (figures === undefined) return {};
  const { netSharpe, netSharpeSe, turnoverPerYear, maxDrawdown, breakEvenBps } = figures;
  const row: Partial<ResultRow> = { netSharpe, netSharpeSe, turnoverPerYear, maxDrawdown, breakEvenBps };
  return hold === undefined ? row : { ...row, sharpeAgainstHold: againstHold(agent, figures, hold) };
}

function againstHold(agent: Agent, own: BacktestFigures, hold: BacktestFigures): ResultRow['sharpeAgainstHold'] {
  const { barsPerYear } = agent.position;
  const test = sharpeDifference(own.netReturns, hold.netReturns, { barsPerYear });
  const { difference, standardError, significant } = test;
  return difference === undefined ? undefined : { difference, standardError, isShown: significant };
}

/** A breach: the next bar's log return lies below −VaR. */
function breaches({ closes, nextClose }: Span, valueAtRisk: Float64Array): Partial<ResultRow> {
  const n = nextClose === undefined ? closes.length - 1 : closes.length;
  if (n < 1) return {};
  const returns = Float64Array.from({ length: n }, (_, row) =>
    Math.log((closes[row + 1] ?? nextClose!) / closes[row]!),
  );
  const report = valueAtRiskReport(returns, valueAtRisk.subarray(0, n), VAR_LEVEL);
  return {
    breaches: report.breaches,
    expectedBreaches: report.expected,
    breachRateInterval: [report.rateInterval.low, report.rateInterval.high],
    christoffersenP: report.christoffersenP,
    worstWindowBreaches: report.worstWindowBreaches,
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
