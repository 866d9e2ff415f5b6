import { describe, expect, it } from '@jest/globals';
import { trainPayloadSchema } from '@tidemark/contracts';
import { buildAgent } from '@tidemark/testing';
import { trainOrder, type TrainOrder } from './train-order.js';

const agent = buildAgent({ families: ['logistic', 'gbdt'], policy: { gates: { refitBars: 80 } } });

const order = (payload: Record<string, unknown> = {}, of = agent): TrainOrder =>
  trainOrder(of, trainPayloadSchema.parse({ agent: 'test_agent', ...payload }));

describe('trainOrder', () => {
  it('is a new recipe through the gate of superiority unless it is told otherwise', () => {
    expect(order()).toMatchObject({
      mode: 'new_recipe',
      families: ['logistic', 'gbdt'],
      rule: { kind: 'superiority' },
      seed: agent.seed,
      promote: 'if_passed',
    });
  });

  it('compares a refit by the agent’s policy and the margin of its task', () => {
    expect(order({ mode: 'refit' })).toMatchObject({ rule: { kind: 'non_inferiority', margin: 0.005 }, refitBars: 80 });
    const volatility = buildAgent({
      task: 'volatility',
      label: { kind: 'next_squared_return' },
      baseline: 'ewma',
      families: ['log_har'],
    });
    expect(order({ mode: 'refit' }, volatility)).toMatchObject({ rule: { margin: 0.02 }, refitBars: 63 });
    const given = order({ mode: 'refit', margin: 0.1, refitBars: 40, promote: 'by_policy' });
    expect(given).toMatchObject({ rule: { margin: 0.1 }, refitBars: 40, promote: 'by_policy' });
  });

  it.each([
    [{ gate: 'none' }, 'GATE_NONE_ON_LIVE'],
    [{ gate: 'none', mode: 'refit' }, 'GATE_NONE_ON_LIVE'],
    [{ gate: 'none', timeline: 'main' }, 'GATE_NONE_ON_LIVE'],
    [{ gate: 'non_inferiority' }, 'GATE_OF_ANOTHER_MODE'],
  ])('refuses %j with %s', (payload, code) => {
    expect(() => order(payload)).toThrow(expect.objectContaining({ code }));
  });

  it('knows no gate on a timeline that does not serve', () => {
    expect(order({ gate: 'none', timeline: 'replay-2' }).rule).toEqual({ kind: 'none' });
  });

  it.each([
    [['gbdt'], ['gbdt']],
    [
      ['gbdt', 'base_rate', 'gbdt'],
      ['gbdt', 'base_rate'],
    ],
  ])('of %j fits %j', (families, expected) => {
    expect(order({ families }).families).toEqual(expected);
  });

  it('refuses families of another task', () => {
    expect(() => order({ families: ['ewma', 'gbdt', 'log_har'] })).toThrow(
      expect.objectContaining({
        code: 'FAMILY_OF_ANOTHER_TASK',
        details: expect.objectContaining({ families: ['ewma', 'log_har'] }),
      }),
    );
  });
});
