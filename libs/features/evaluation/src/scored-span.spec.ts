import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '@tidemark/contracts';
import type { LoggedPrediction } from '@tidemark/inference/read';
import { buildAgent } from '@tidemark/testing';
import { horizonOf, maturedRows, servedOutputs, sliceSpan, truthOf, type Span } from './scored-span.js';

const DAYS = ['2017-01-03', '2017-01-04', '2017-01-05', '2017-01-06'].map((day) => new Date(`${day}T00:00:00Z`));
const SPAN: Span = {
  eventTimes: DAYS,
  closes: Float64Array.of(1, 2, 3, 4),
  nextClose: undefined,
  truth: Float64Array.of(1, 0, Number.NaN, Number.NaN),
};

const logged = (day: Date, probability: number): LoggedPrediction => ({
  asOf: day,
  version: '1.0.0',
  sequence: 2,
  outputs: { probability },
});
const LOG = DAYS.map((day, index) => logged(day, index / 10));

describe('a part of a span', () => {
  it('knows the close after its last bar, as far as the whole does', () => {
    expect(sliceSpan(SPAN, 1, 3).nextClose).toBe(4);
    expect(sliceSpan(SPAN, 1, 4).nextClose).toBeUndefined();
    expect(sliceSpan(sliceSpan(SPAN, 0, 3), 1, 3).nextClose).toBe(4);
  });
});

describe('servedOutputs', () => {
  it('takes every bar’s answer from the log, in the order of the bars', () => {
    const outputs = servedOutputs(SPAN, [...LOG].reverse(), ['probability']);
    expect([...outputs.get('probability')!]).toEqual([0, 0.1, 0.2, 0.3]);
  });

  it.each([
    ['the first row is missing', LOG.slice(1), 1],
    ['one in the middle is missing', [LOG[0]!, LOG[1]!, LOG[3]!], 1],
    ['the log is empty', [], 4],
    ['a row is there twice', [...LOG, LOG[2]!], 0],
    ['one is missing and another there twice', [LOG[0]!, LOG[1]!, LOG[1]!, LOG[3]!], 1],
    ['a row belongs to no bar', [...LOG, logged(new Date('2017-01-07T00:00:00Z'), 0.5)], 0],
  ])('refuses when %s', (_what, rows, missing) => {
    const details = expect.objectContaining({ bars: 4, logged: rows.length, missing });
    expect(() => servedOutputs(SPAN, rows, ['probability'])).toThrow(
      expect.objectContaining({ code: 'PREDICTION_LOG_INCOMPLETE', details }),
    );
  });

  it.each([
    ['no number', {}],
    ['not a number', { probability: Number.NaN }],
    ['no finite number', { probability: Number.POSITIVE_INFINITY }],
  ])('refuses a logged row with %s', (_what, outputs) => {
    const rows = LOG.map((each, index) => (index === 3 ? { ...each, outputs } : each));
    expect(() => servedOutputs(SPAN, rows, ['probability'])).toThrow(
      expect.objectContaining({ code: 'PREDICTION_LOG_INCOMPLETE' }),
    );
  });
});

describe('truthOf', () => {
  const outcome = (day: Date, value: number): Outcome => ({
    timeline: 'main',
    agent: 'test_agent',
    asOf: day.toISOString(),
    value,
    labelEnd: day.toISOString(),
    knownAt: day.toISOString(),
    revision: 1,
  });
  const stored = [outcome(DAYS[0]!, 1), outcome(DAYS[1]!, 0)];

  it('is the stored outcomes, and not a number where none has matured', () => {
    expect([...truthOf(DAYS, stored, SPAN.truth)]).toEqual([1, 0, Number.NaN, Number.NaN]);
  });

  it.each([
    ['is missing', [stored[0]!]],
    ['differs from the bars', [stored[0]!, outcome(DAYS[1]!, 1)]],
    ['is there although the bars have not matured', [...stored, outcome(DAYS[2]!, 1)]],
  ])('is refused when an outcome %s', (_what, outcomes) => {
    expect(() => truthOf(DAYS, outcomes, SPAN.truth)).toThrow(
      expect.objectContaining({ code: 'OUTCOMES_INCOMPLETE', details: { differing: 1 } }),
    );
  });
});

describe('a span', () => {
  it('pairs losses on matured rows', () => {
    expect(maturedRows(SPAN)).toEqual([0, 1]);
  });

  it('takes its horizon from the label', () => {
    expect(horizonOf(buildAgent({ label: { kind: 'forward_return_sign', lag: 0, horizon: 3 } }))).toBe(3);
    const volatility = {
      task: 'volatility',
      label: { kind: 'next_squared_return' },
      baseline: 'ewma',
      families: ['log_har'],
    };
    expect(horizonOf(buildAgent(volatility))).toBe(1);
  });
});
