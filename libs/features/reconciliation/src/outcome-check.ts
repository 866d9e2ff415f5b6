import type { Agent, Difference } from '@tidemark/contracts';
import { BAR_WIDTH } from '@tidemark/market-data/read';
import { computeLabels } from '@tidemark/native';
import { causeAt, differingCell, type Cell, type Span } from './differences.js';
import type { LoggedOutcome, LoggedPrediction } from './log.repository.js';
import { rowAt } from './prediction-check.js';

/** Newest bars whose labels may be expected to have matured when the last one was observed, as the loop looks at them. */
const LOOK_BACK = 40;

/** Outcomes that became known in the span, rebuilt as of their known-at; and those that should have. */
export function outcomeDifferences(
  span: Span,
  label: Agent['label'],
  outcomes: readonly LoggedOutcome[],
  observed: readonly LoggedPrediction[],
): Difference[] {
  const wrong = knownIn(span, outcomes).flatMap((row) => {
    const rebuilt = rebuildOutcome(span, label, row.asOf, row.knownAt);
    const cause = causeAt(span, row.labelEnd, 'log changed');
    return differingCell({ table: 'outcomes', key: keyOf(row), cause }, cellsOf(row), rebuilt ?? NEVER);
  });
  return [...wrong, ...missing(span, label, outcomes, observed)];
}

export function knownIn({ from, to }: Span, outcomes: readonly LoggedOutcome[]): LoggedOutcome[] {
  return outcomes.filter(({ knownAt }) => knownAt >= from && knownAt < to);
}

const NEVER = { value: null, label_end: null, known_at: null } as const;

function missing(
  span: Span,
  label: Agent['label'],
  outcomes: readonly LoggedOutcome[],
  observed: readonly LoggedPrediction[],
): Difference[] {
  const last = observed.at(-1);
  if (last === undefined) return [];
  const stored = new Set(outcomes.map(({ asOf }) => asOf.getTime()));
  return observed.slice(-LOOK_BACK).flatMap(({ asOf }) => {
    const rebuilt = stored.has(asOf!.getTime()) ? undefined : rebuildOutcome(span, label, asOf!, last.at);
    if (rebuilt === undefined) return [];
    const key = { as_of: asOf!.toISOString(), revision: '1' };
    const cause = causeAt(span, last.asOf!, 'log changed');
    return [{ table: 'outcomes', key, column: 'value', logged: null, rebuilt: rebuilt.value ?? null, cause }];
  });
}

/** The label of a bar by what was known at an instant; undefined while it had not matured. */
function rebuildOutcome(
  { archive }: Span,
  label: Agent['label'],
  asOf: Date,
  at: Date,
): Record<'value' | 'label_end' | 'known_at', Cell> | undefined {
  const known = archive.asOf(at);
  const place = rowAt(known, asOf);
  if (place < 0) return undefined;
  const { value, endIndex } = computeLabels(JSON.stringify(label), known.bars.subarray(place * BAR_WIDTH));
  const end = endIndex[0]!;
  if (end < 0) return undefined;
  const knownAt = Math.max(...known.knownAt.subarray(place, place + end + 1));
  return { value: value[0]!, label_end: iso(known.bars[(place + end) * BAR_WIDTH]!), known_at: iso(knownAt) };
}

function cellsOf({ value, labelEnd, knownAt }: LoggedOutcome): Record<string, Cell> {
  return { value, label_end: labelEnd.toISOString(), known_at: knownAt.toISOString() };
}

function keyOf({ asOf, revision }: LoggedOutcome): Record<string, string> {
  return { as_of: asOf.toISOString(), revision: String(revision) };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
