import type { Agent, GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { Model, computeLabels, lossPerRow, pairedLossTest, type PairedLossResult } from '@tidemark/native';
import { rowRange } from './row-range.js';

export interface GateSide {
  readonly sha256: string;
  readonly path: string;
}

export interface GateQuestion {
  readonly agent: Agent;
  readonly snapshot: SeriesSnapshot;
  /** Event times [from, to): bars after both versions' fitting and family choice. */
  readonly slice: { readonly from: string; readonly to: string };
  readonly candidate: GateSide;
  readonly incumbent: GateSide & Pick<ModelVersion, 'version'>;
}

/**
 * May the candidate replace the incumbent? A new recipe needs superior paired loss: one-sided, with a HAC variance and
 * fixed-b critical values, on matured bars that neither version has seen. Both are scored through their ONNX artifacts
 * by the code that serves.
 */
export async function askGate(question: GateQuestion): Promise<GateEvidence> {
  const { agent, snapshot, slice } = question;
  const loss = agent.task === 'direction' ? 'log_loss' : 'qlike';
  const labels = computeLabels(JSON.stringify(agent.label), snapshot.bars);
  const [from, to] = rowRange(snapshot, labels, new Date(slice.from), new Date(slice.to));
  const bars = to - from;
  if (bars < agent.gate.minBars) {
    const reason = `${bars} matured bars in the gate slice, at least ${agent.gate.minBars} are needed`;
    return { rule: 'superiority', passed: false, reason, bars, loss };
  }
  const truth = labels.value.slice(from, to);
  const losses = async (side: GateSide): Promise<Float64Array> => lossPerRow(loss, await score(side, snapshot, from, to), truth);
  const candidateLosses = await losses(question.candidate);
  const incumbentLosses = await losses(question.incumbent);
  const horizon = agent.label.kind === 'forward_return_sign' ? agent.label.horizon : 1;
  const { superior, ...test } = pairedLossTest(candidateLosses, incumbentLosses, {
    horizon,
    alpha: agent.gate.alpha,
    minPairs: agent.gate.minBars,
  });
  return {
    rule: 'superiority',
    passed: test.status === 'ok' && superior,
    reason: reasonOf(test, superior),
    bars,
    from: slice.from,
    to: slice.to,
    loss,
    candidate: { sha256: question.candidate.sha256, meanLoss: mean(candidateLosses) },
    incumbent: { sha256: question.incumbent.sha256, version: question.incumbent.version, meanLoss: mean(incumbentLosses) },
    test: { ...test, alpha: agent.gate.alpha },
  };
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
  if (test.status !== 'ok' || meanDifference === undefined || t === undefined || criticalValue === undefined) return `the comparison cannot be computed: ${test.status}`;
  const numbers = `Δloss ${meanDifference.toPrecision(3)}, t ${t.toFixed(2)} against ${(-criticalValue).toFixed(2)}`;
  return superior ? `better than the incumbent: ${numbers}` : `not shown to be better than the incumbent: ${numbers}`;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
