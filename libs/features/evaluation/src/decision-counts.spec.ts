import { describe, expect, it } from '@jest/globals';
import type { Decision, DecisionResult } from '@tidemark/contracts';
import {
  countDecisions,
  reasonClass,
  refusalReasons,
  timelineDecisions,
  type TimelineDecision,
} from './decision-counts.js';

const decision = (action: TimelineDecision['action'], reason = ''): TimelineDecision => ({
  action,
  reason,
  slotAt: new Date(0),
  asOf: new Date(0),
});

describe('decisions in the table', () => {
  it('are those that asked for something, with what they were about', () => {
    const stored = (action: Decision['action'], more: Partial<DecisionResult> = {}): Decision => ({
      ...{ id: action, timeline: 'main', agent: 'a', kind: 'slot', action, reason: 'why' },
      ...{ slotAt: '2005-01-04T02:00:00.000Z', asOf: '2005-01-03T00:00:00.000Z' },
      ...{ contextSha256: '', policyHash: '', codeVersion: '', result: { action, reason: 'why', rules: [], ...more } },
    });
    const target = {
      version: '1.0.0',
      sequence: 2,
      family: 'logistic',
      artifactSha256: '',
      isBaseline: false,
    } as const;
    const at = { slotAt: new Date('2005-01-04T02:00:00Z'), asOf: new Date('2005-01-03T00:00:00Z'), reason: 'why' };
    expect(
      timelineDecisions([stored('retrain', { mode: 'refit' }), stored('none'), stored('promote', { target })]),
    ).toEqual([
      { action: 'retrain', mode: 'refit', ...at },
      { action: 'promote', version: '1.0.0', ...at },
    ]);
  });

  it('are counted by what they did', () => {
    const all = (['retrain', 'retrain', 'promote', 'refuse', 'rollback', 'pause'] as const).map((each) =>
      decision(each),
    );
    expect(countDecisions(all)).toEqual({ fits: 2, promotions: 1, refusals: 1, rollbacks: 1 });
    expect(countDecisions([])).toEqual({ fits: 0, promotions: 0, refusals: 0, rollbacks: 0 });
  });

  it.each([
    ['not shown to be better than the incumbent: Δloss 0.0123, t -0.40', 'not shown to be better than the incumbent'],
    ['upper bound 0.012 above the margin', 'upper bound'],
    ['the candidate gives the same answer on every bar', 'the candidate gives the same answer on every bar'],
    ['−3 days', 'without a reason'],
    ['', 'without a reason'],
  ])('have a reason without its figures: %s', (reason, expected) => {
    expect(reasonClass(reason)).toBe(expected);
  });

  it('are refused for reasons that are counted, the most frequent first', () => {
    const refused = ['b: 1', 'a: 1', 'b: 2', 'c'].map((reason) => decision('refuse', reason));
    expect(refusalReasons([...refused, decision('retrain', 'b: 3')])).toEqual([
      { reason: 'b', count: 2 },
      { reason: 'a', count: 1 },
      { reason: 'c', count: 1 },
    ]);
  });
});
