import type { Agent, Family, GateEvidence } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import {
  Model,
  computeLabels,
  lossPerRow,
  pairedLossTest,
  type LossName,
  type PairedLossResult,
} from '@tidemark/native';
import { rowRange } from './row-range.js';

export interface GateSide {
  readonly sha256: string;
  readonly path: string;
}

export interface Incumbent extends GateSide {
  readonly version: string;
  readonly family: Family;
  /** The instant whose bars it was fitted on. */
  readonly asOf: Date;
}

export interface GateQuestion {
  readonly agent: Agent;
  readonly snapshot: SeriesSnapshot;
  /** Event times [from, to): bars after the candidate's fitting and family choice. */
  readonly slice: { readonly from: string; readonly to: string };
  /** Gates asked before on bars of this slice. */
  readonly earlierGates: number;
  /** The instant whose bars the candidate was fitted on. */
  readonly asOf: Date;
  readonly candidate: GateSide;
  readonly incumbent: Incumbent;
}

/** Families without fitted numbers: nothing of them comes from the bars they are compared on. */
const PARAMETER_FREE: readonly Family[] = ['base_rate', 'ewma'];

/**
 * May the candidate replace the incumbent? A new recipe needs superior paired loss: one-sided, with a HAC variance and
 * fixed-b critical values, on matured bars that neither version has seen. Both are scored through their ONNX artifacts
 * by the code that serves.
 */
export async function askGate(question: GateQuestion): Promise<GateEvidence> {
  const { agent, snapshot, slice, incumbent } = question;
  const loss: LossName = agent.task === 'direction' ? 'log_loss' : 'qlike';
  const labels = computeLabels(agent.label, snapshot.bars);
  const [from, to] = rowRange(snapshot, labels, new Date(slice.from), new Date(slice.to));
  const refusal = { rule: 'superiority' as const, passed: false, bars: to - from, loss };
  const objection = objectionTo(question, to - from);
  if (objection !== undefined) return { ...refusal, reason: objection };
  const truth = labels.value.slice(from, to);
  const answers = await score(question.candidate, snapshot, from, to);
  if (answers.every((answer) => answer === answers[0])) {
    return { ...refusal, reason: 'the candidate gives the same answer on every bar of the gate slice' };
  }
  const candidateLosses = lossesIfAll(loss, answers, truth);
  const incumbentLosses = lossesIfAll(loss, await score(incumbent, snapshot, from, to), truth);
  if (candidateLosses === undefined) return { ...refusal, reason: 'the candidate gives answers that have no loss' };
  if (incumbentLosses === undefined) return { ...refusal, reason: 'the incumbent gives answers that have no loss' };
  return { ...refusal, ...compare(question, candidateLosses, incumbentLosses) };
}

/** Why the two cannot be compared fairly on this slice, if so. */
function objectionTo({ agent, asOf, incumbent }: GateQuestion, bars: number): string | undefined {
  if (bars < agent.gate.minBars) {
    return `${bars} matured bars in the gate slice, at least ${agent.gate.minBars} are needed`;
  }
  const hasSeenSlice = incumbent.asOf > asOf && !PARAMETER_FREE.includes(incumbent.family);
  if (!hasSeenSlice) return undefined;
  return `${incumbent.version} was fitted as of ${incumbent.asOf.toISOString()}, after this candidate: it may have seen the gate slice`;
}

type Comparison = Omit<GateEvidence, 'rule' | 'bars' | 'loss'>;

function compare(question: GateQuestion, candidateLosses: Float64Array, incumbentLosses: Float64Array): Comparison {
  const { agent, slice, earlierGates, candidate, incumbent } = question;
  const { alpha, minBars: minPairs } = agent.gate;
  const horizon = agent.label.kind === 'forward_return_sign' ? agent.label.horizon : 1;
  const { superior, ...test } = pairedLossTest(candidateLosses, incumbentLosses, { horizon, alpha, minPairs });
  return {
    passed: test.status === 'ok' && superior,
    reason: reasonOf(test, superior) + earlierWords(earlierGates),
    from: slice.from,
    to: slice.to,
    earlierGates,
    candidate: { sha256: candidate.sha256, meanLoss: mean(candidateLosses) },
    incumbent: { sha256: incumbent.sha256, version: incumbent.version, meanLoss: mean(incumbentLosses) },
    test: { ...test, alpha },
  };
}

/** Loss of every row, or undefined when an answer is not a number, or a volatility not positive. */
export function lossesIfAll(loss: LossName, answers: Float64Array, truth: Float64Array): Float64Array | undefined {
  const hasLoss = (answer: number): boolean => Number.isFinite(answer) && (loss === 'log_loss' || answer > 0);
  return answers.every(hasLoss) ? lossPerRow(loss, answers, truth) : undefined;
}

/** First output of every row, through ONNX Runtime or the kernel that serves. */
async function score(side: GateSide, snapshot: SeriesSnapshot, from: number, to: number): Promise<Float64Array> {
  const model = await Model.loadAsync(side.path, { sha256: side.sha256 });
  try {
    const outputs = await model.predictBars(snapshot.bars, from, to);
    const width = model.metadata.outputWidth;
    return Float64Array.from({ length: to - from }, (_, row) => outputs[row * width]!);
  } finally {
    model.dispose();
  }
}

function reasonOf(test: Omit<PairedLossResult, 'superior'>, superior: boolean): string {
  const { meanDifference, t, criticalValue } = test;
  if (test.status !== 'ok' || meanDifference === undefined || t === undefined || criticalValue === undefined)
    return test.status === 'degenerate'
      ? 'the candidate’s losses differ from the incumbent’s by the same amount on every bar: nothing to test'
      : `the comparison cannot be computed: ${test.status}`;
  const numbers = `Δloss ${meanDifference.toPrecision(3)}, t ${t.toFixed(2)} against ${(-criticalValue).toFixed(2)}`;
  return superior ? `better than the incumbent: ${numbers}` : `not shown to be better than the incumbent: ${numbers}`;
}

function earlierWords(gates: number): string {
  return gates === 0
    ? ''
    : ` (bars of this slice have been compared ${gates} ${gates === 1 ? 'time' : 'times'} before)`;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
