import type { Agent } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { Model, lossPerRow, type LossName } from '@tidemark/native';

/** An artifact to score. */
export interface GateSide {
  readonly sha256: string;
  readonly path: string;
}

export function lossOf({ task }: Pick<Agent, 'task'>): LossName {
  return task === 'direction' ? 'log_loss' : 'qlike';
}

/** First output of rows [from, to), through ONNX Runtime or the kernel that serves. */
export async function score(side: GateSide, snapshot: SeriesSnapshot, from: number, to: number): Promise<Float64Array> {
  const model = await Model.loadAsync(side.path, { sha256: side.sha256 });
  try {
    const outputs = await model.predictBars(snapshot.bars, from, to);
    const width = model.metadata.outputWidth;
    return Float64Array.from({ length: to - from }, (_, row) => outputs[row * width]!);
  } finally {
    model.dispose();
  }
}

/** Loss of every row, or undefined when an answer is not a number, or a volatility not positive. */
export function lossesIfAll(loss: LossName, answers: Float64Array, truth: Float64Array): Float64Array | undefined {
  const hasLoss = (answer: number): boolean => Number.isFinite(answer) && (loss === 'log_loss' || answer > 0);
  return answers.every(hasLoss) ? lossPerRow(loss, answers, truth) : undefined;
}

export function isConstant(answers: Float64Array): boolean {
  return answers.every((answer) => answer === answers[0]);
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
