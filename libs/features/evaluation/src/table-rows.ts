import type { Agent, ModelVersion, Policy, ResultRow } from '@tidemark/contracts';
import { countDecisions, type TimelineDecision } from './decision-counts.js';
import { eraRows } from './eras.js';
import { holdRow, modelRow, type Yardstick } from './result-row.js';
import type { Span, SpanOutputs } from './scored-span.js';
import type { TimelineRows } from './timeline-reader.js';

/** What a timeline served and decided: the policy, or a comparison of it. */
export interface ServedRow {
  readonly kind: 'once' | 'always' | 'gated' | 'policy';
  readonly policy: Policy;
  readonly rows: TimelineRows;
  readonly decisions: readonly TimelineDecision[];
}

/** Everything that rows are made of. `served` is in the order of the table and ends with the policy. */
export interface Measured {
  readonly baseline: ModelVersion;
  readonly naive: SpanOutputs;
  readonly against: Yardstick;
  readonly served: readonly ServedRow[];
}

const NUMBERS = { once: 3, always: 4, gated: 5, policy: 6 } as const;

/** Rows 1 to 6, the last one whole and by era. */
export function rowsOf(agent: Agent, span: Span, { baseline, naive, against, served }: Measured): ResultRow[] {
  const first = { name: `naive baseline (${baseline.family})`, kind: 'baseline', number: 1, outputs: naive } as const;
  const last = served.at(-1)!;
  return [
    modelRow(agent, span, first, against),
    ...(agent.task === 'direction' ? [holdRow(agent, span, against)] : []),
    ...served.map((each) => servedRow(agent, span, each, against)),
    ...eraRows(agent, span, { policy: last.rows.outputs, baseline: naive, decisions: last.decisions }),
  ];
}

function servedRow(agent: Agent, span: Span, served: ServedRow, against: Yardstick): ResultRow {
  const { kind, rows, decisions } = served;
  const counts = countDecisions(decisions);
  const subject = { name: nameOf(served), kind, number: NUMBERS[kind], outputs: rows.outputs, counts };
  return modelRow(agent, span, subject, against);
}

export function nameOf({ kind, policy }: Pick<ServedRow, 'kind' | 'policy'>): string {
  if (kind === 'policy') return `the policy: ${policy.name}`;
  if (kind === 'once') return 'trained once';
  const calendar = policy.triggers.find((trigger) => trigger.kind === 'calendar');
  const rhythm = calendar === undefined ? 'retrained' : `every ${calendar.everyBars} bars`;
  return kind === 'always' ? `${rhythm}, newest in` : `${rhythm}, gated`;
}
