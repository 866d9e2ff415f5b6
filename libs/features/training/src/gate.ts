import type { Agent, Family, GateEvidence } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { computeLabels } from '@tidemark/native';
import {
  MIN_REFIT_BARS,
  judgeNonInferiority,
  judgeSuperiority,
  type Judgement,
  type PairedLosses,
} from './gate-rules.js';
import { rowRange } from './row-range.js';
import { isConstant, lossOf, lossesIfAll, mean, score, type GateSide } from './scoring.js';

export interface Incumbent extends GateSide {
  readonly version: string;
  readonly family: Family;
  /** The instant whose bars it was fitted on. */
  readonly asOf: Date;
  /** Compared in its place: its recipe fitted without the slice, where the incumbent has been fitted on the slice. */
  readonly standIn?: GateSide;
}

/** What the candidate has to show. */
export type GateRule =
  | { readonly kind: 'superiority' | 'none' }
  /** `margin`: largest tolerable increase of the mean loss. */
  | { readonly kind: 'non_inferiority'; readonly margin: number };

export interface GateQuestion {
  readonly agent: Agent;
  readonly snapshot: SeriesSnapshot;
  /** Event times [from, to): bars after the candidate's fitting and family choice. */
  readonly slice: { readonly from: string; readonly to: string };
  /** Gates asked before on bars of this slice. */
  readonly earlierGates: number;
  /** The instant whose bars the candidate was fitted on. */
  readonly asOf: Date;
  readonly rule: GateRule;
  /** A refit: only bars whose label was not known when the incumbent was fitted are compared. */
  readonly isRefit: boolean;
  readonly candidate: GateSide;
  readonly incumbent: Incumbent;
}

/** Families without fitted numbers: nothing of them comes from the bars they are compared on. */
export const PARAMETER_FREE: readonly Family[] = ['base_rate', 'ewma'];

interface Rows {
  readonly from: number;
  readonly to: number;
  readonly truth: Float64Array;
}

/**
 * May the candidate replace the incumbent? A new recipe needs superior paired loss, a refit one that is not worse by more
 * than a margin: one-sided, with a HAC variance and fixed-b critical values, on matured bars that neither version has
 * seen. Both are scored through their ONNX artifacts by the code that serves.
 */
export async function askGate(question: GateQuestion): Promise<GateEvidence> {
  const { agent, snapshot, rule, incumbent } = question;
  const loss = lossOf(agent);
  const { from, to, truth } = comparedRows(question);
  const refusal = { rule: rule.kind, passed: false, bars: to - from, loss };
  const objection = objectionTo(question, to - from);
  if (objection !== undefined) return { ...refusal, reason: objection };
  const answers = await score(question.candidate, snapshot, from, to);
  if (rule.kind === 'superiority' && isConstant(answers)) {
    return { ...refusal, reason: 'the candidate gives the same answer on every bar of the gate slice' };
  }
  const candidateLosses = lossesIfAll(loss, answers, truth);
  const incumbentLosses = lossesIfAll(loss, await score(incumbent.standIn ?? incumbent, snapshot, from, to), truth);
  if (candidateLosses === undefined) return { ...refusal, reason: 'the candidate gives answers that have no loss' };
  if (incumbentLosses === undefined) return { ...refusal, reason: 'the incumbent gives answers that have no loss' };
  const losses = { candidate: candidateLosses, incumbent: incumbentLosses, horizon: horizonOf(agent) };
  return { ...refusal, ...judge(question, losses), ...spanOf(question, from), ...sidesOf(question, losses) };
}

/** Matured bars of the slice; of a refit those that the incumbent has not seen. */
function comparedRows({ agent, snapshot, slice, isRefit, incumbent }: GateQuestion): Rows {
  const labels = computeLabels(agent.label, snapshot.bars);
  const [first, to] = rowRange(snapshot, labels, new Date(slice.from), new Date(slice.to));
  const wasSeen = (row: number): boolean => snapshot.firstKnownAt[labels.endIndex[row]!]! <= incumbent.asOf.getTime();
  let from = first;
  if (isRefit) while (from < to && wasSeen(from)) from += 1;
  return { from, to, truth: labels.value.slice(from, to) };
}

/** Why the two cannot be compared fairly on these bars, if so. */
function objectionTo(question: GateQuestion, bars: number): string | undefined {
  const { asOf, incumbent, rule, isRefit } = question;
  const needed = barsNeeded(question);
  if (bars < needed) {
    const unseen = isRefit ? ` that ${incumbent.version} has not seen` : '';
    return `${bars} matured bars in the gate slice${unseen}, at least ${needed} are needed`;
  }
  const hasSeenSlice = !isRefit && incumbent.asOf > asOf && !PARAMETER_FREE.includes(incumbent.family);
  if (!hasSeenSlice || rule.kind === 'none') return undefined;
  return `${incumbent.version} was fitted as of ${incumbent.asOf.toISOString()}, after this candidate: it may have seen the gate slice`;
}

function barsNeeded({ agent, rule }: GateQuestion): number {
  if (rule.kind === 'none') return 1;
  return rule.kind === 'superiority' ? agent.gate.minBars : MIN_REFIT_BARS;
}

function judge(question: GateQuestion, losses: PairedLosses): Judgement {
  const { rule, earlierGates, agent } = question;
  if (rule.kind === 'none') return { passed: true, reason: 'no gate' };
  const minBars = barsNeeded(question);
  const judgement =
    rule.kind === 'non_inferiority'
      ? judgeNonInferiority(losses, { margin: rule.margin, minBars })
      : judgeSuperiority(losses, { alpha: agent.gate.alpha, minBars });
  return { ...judgement, reason: judgement.reason + earlierWords(earlierGates) };
}

/** The bars that were tested on; without a gate nothing was. */
function spanOf(question: GateQuestion, first: number): Pick<GateEvidence, 'from' | 'to' | 'earlierGates'> {
  const { rule, slice, snapshot, earlierGates } = question;
  if (rule.kind === 'none') return {};
  const firstTime = snapshot.bars[first * BAR_WIDTH]!;
  const from = firstTime > new Date(slice.from).getTime() ? new Date(firstTime).toISOString() : slice.from;
  return { from, to: slice.to, earlierGates };
}

function sidesOf(
  { candidate, incumbent }: GateQuestion,
  losses: PairedLosses,
): Pick<GateEvidence, 'candidate' | 'incumbent' | 'standIn'> {
  const { sha256, version, standIn } = incumbent;
  return {
    candidate: { sha256: candidate.sha256, meanLoss: mean(losses.candidate) },
    incumbent: { sha256, version, meanLoss: mean(losses.incumbent) },
    ...(standIn === undefined ? {} : { standIn: { sha256: standIn.sha256 } }),
  };
}

function horizonOf({ label }: Agent): number {
  return label.kind === 'forward_return_sign' ? label.horizon : 1;
}

function earlierWords(gates: number): string {
  return gates === 0
    ? ''
    : ` (bars of this slice have been compared ${gates} ${gates === 1 ? 'time' : 'times'} before)`;
}
