import type { Agent, ResultRow } from '@tidemark/contracts';
import { countDecisions, type TimelineDecision } from './decision-counts.js';
import { modelRow, yardstick } from './result-row.js';
import { sliceOutputs, sliceSpan, type Span, type SpanOutputs } from './scored-span.js';

/** A stretch of years with a market of its own, both ends included. */
interface Era {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Fixed before anything was measured; the first and the last take in what lies outside. */
const ERAS: readonly Era[] = [
  { name: 'before 2004', from: Number.NEGATIVE_INFINITY, to: 2003 },
  { name: '2004–06', from: 2004, to: 2006 },
  { name: '2007–09', from: 2007, to: 2009 },
  { name: '2010–15', from: 2010, to: 2015 },
  { name: '2016–19', from: 2016, to: 2019 },
  { name: '2020', from: 2020, to: 2020 },
  { name: 'from 2021', from: 2021, to: Number.POSITIVE_INFINITY },
];

/** What the eras are cut from: the policy's outputs and decisions, and the baseline's outputs, on the whole span. */
export interface EraSubject {
  readonly policy: SpanOutputs;
  readonly baseline: SpanOutputs;
  readonly decisions: readonly TimelineDecision[];
}

/**
 * The policy's row in each era that has bars. Each era is held against the baseline on its own bars and traded by
 * itself: it starts without a position, and a label may mature on bars after it.
 */
export function eraRows(agent: Agent, span: Span, { policy, baseline, decisions }: EraSubject): ResultRow[] {
  return ERAS.flatMap((era) => {
    const isInside = (time: Date): boolean => time.getUTCFullYear() >= era.from && time.getUTCFullYear() <= era.to;
    const from = span.eventTimes.findIndex(isInside);
    if (from < 0) return [];
    const to = span.eventTimes.findLastIndex(isInside) + 1;
    const part = sliceSpan(span, from, to);
    const against = yardstick(agent, part, sliceOutputs(baseline, from, to));
    const counts = countDecisions(decisions.filter(({ asOf }) => isInside(asOf)));
    return [
      modelRow(agent, part, { name: era.name, kind: 'era', outputs: sliceOutputs(policy, from, to), counts }, against),
    ];
  });
}
