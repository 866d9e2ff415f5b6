import type { Restatement } from '@tidemark/contracts';
import type { BarChange } from '@tidemark/market-data/read';
import type { Span } from './differences.js';
import type { LoggedPrediction } from './log.repository.js';
import { outputsOf } from './monitor-check.js';
import { rowAt, type PredictionCheck } from './prediction-check.js';

/** Beyond these a list helps nobody. */
const MOST = 50;

/** Corrections that became known in the span, or that concern a bar predicted in it, and what each would have changed. */
export async function restatementsOf(
  span: Span,
  check: PredictionCheck,
  predictions: readonly LoggedPrediction[],
): Promise<Restatement[]> {
  const { archive, from, to } = span;
  const predicted = new Set(predictions.filter(({ at }) => at >= from && at < to).map(({ asOf }) => asOf!.getTime()));
  const damaged = new Set(span.damages.map(({ eventTime, knownAt }) => `${eventTime.getTime()} ${knownAt.getTime()}`));
  const honest = archive.restated.filter(
    ({ eventTime, knownAt }) =>
      !damaged.has(`${eventTime.getTime()} ${knownAt.getTime()}`) &&
      ((knownAt >= from && knownAt < to) || predicted.has(eventTime.getTime())),
  );
  const listed: Restatement[] = [];
  for (const change of honest.slice(0, MOST)) {
    const row = affected(change, predictions);
    const prediction = row && (await wouldHaveBeen(span, check, row, change));
    const { eventTime, knownAt, changes } = change;
    listed.push({ eventTime: eventTime.toISOString(), knownAt: knownAt.toISOString(), changes, prediction });
  }
  return listed;
}

/** The prediction of the bar itself, or the first after it, made before the correction was known. */
function affected({ eventTime, knownAt }: BarChange, rows: readonly LoggedPrediction[]): LoggedPrediction | undefined {
  return rows.find(({ asOf, at }) => asOf! >= eventTime && at < knownAt);
}

async function wouldHaveBeen(
  { archive }: Span,
  check: PredictionCheck,
  row: LoggedPrediction,
  { knownAt }: BarChange,
): Promise<Restatement['prediction']> {
  const snapshot = archive.asOf(knownAt);
  const place = rowAt(snapshot, row.asOf!);
  if (place < 0) return undefined;
  const { outputs } = await check.rebuild(row, snapshot, place);
  return {
    asOf: row.asOf!.toISOString(),
    version: row.version,
    logged: outputsOf(row),
    restated: outputsOf({ ...row, outputs: [...outputs] }),
  };
}
