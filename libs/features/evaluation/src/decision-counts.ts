import type { Decision } from '@tidemark/contracts';
import type { DecisionCounts } from './result-row.js';

/** A stored decision that asked for something, as the table and the report need it. */
export interface TimelineDecision {
  readonly action: Exclude<Decision['action'], 'none'>;
  readonly slotAt: Date;
  /** Event time of the newest bar it knew. */
  readonly asOf: Date;
  readonly reason: string;
  readonly mode?: 'new_recipe' | 'refit';
  /** Version that is to serve, of a promotion or a rollback. */
  readonly version?: string;
}

/** What decisions asked for, in their order. */
export function timelineDecisions(decisions: readonly Decision[]): TimelineDecision[] {
  return decisions.flatMap(({ action, slotAt, asOf, reason, result: { mode, target } }) => {
    if (action === 'none') return [];
    return [{ action, slotAt: new Date(slotAt), asOf: new Date(asOf), reason, mode, version: target?.version }];
  });
}

export function countDecisions(decisions: readonly TimelineDecision[]): DecisionCounts {
  const of = (action: TimelineDecision['action']): number =>
    decisions.filter((decision) => decision.action === action).length;
  return { fits: of('retrain'), promotions: of('promote'), refusals: of('refuse'), rollbacks: of('rollback') };
}

/** Refusals grouped by what they say before any figure, most frequent first. */
export function refusalReasons(decisions: readonly TimelineDecision[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { action, reason } of decisions) {
    if (action !== 'refuse') continue;
    const group = reasonClass(reason);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** The words of a reason up to its first figure, parenthesis or second clause: what refusals of one kind share. */
export function reasonClass(reason: string): string {
  const [words = ''] = reason.split(/[:;(,]|[-−]?\d/u);
  return words.trim() || 'without a reason';
}
