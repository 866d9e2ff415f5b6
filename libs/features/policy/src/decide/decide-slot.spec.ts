import { describe, expect, it } from '@jest/globals';
import type { DecisionResult, SlotContext, Trigger } from '@tidemark/contracts';
import { BASELINE, PREVIOUS, SERVING, alarm, compared, slotContext } from '../testing/contexts.js';
import { decideSlot } from './decide-slot.js';

const bars = (overrides: Partial<SlotContext['bars']>): Partial<SlotContext> => ({
  bars: { ...slotContext().bars, ...overrides },
});
const controls = (overrides: Partial<SlotContext['controls']>): Partial<SlotContext> => ({
  controls: { latched: [], ...overrides },
});
const verdictOf = (result: DecisionResult, rule: string): string | undefined =>
  result.rules.find((each) => each.rule === rule)?.verdict;
/** What one trigger alone makes of a context in which nothing else stands in the way. */
const decideBy = (trigger: Record<string, unknown>, context: Partial<SlotContext>): DecisionResult =>
  decideSlot(
    slotContext({ ...bars({ sinceFit: 100 }), ...context }, { triggers: [trigger], rollback: { onLossAlarm: false } }),
  );

/** Asks for a retraining by the calendar, and nothing forbids it. */
const DUE = bars({ sinceFit: 63 });
const LOSING = { alarms: [alarm('loss')], againstServing: compared(-0.002) };

describe('decideSlot', () => {
  it('does nothing on a quiet night, and says what it looked at', () => {
    const result = decideSlot(slotContext());
    expect(result).toMatchObject({
      action: 'none',
      reason: 'nothing asks for a retraining: 62 bars since the last fit, due every 63',
    });
    expect(result.rules.map(({ rule }) => rule)).toEqual([
      ...['gates', 'freeze', 'pin', 'rollback'],
      ...['calendar', 'loss_alarm', 'drift_alarm', 'manual'],
      ...['once', 'budget', 'cool_down', 'min_gap'],
    ]);
    expect(result.rules.every(({ why }) => why.length > 0)).toBe(true);
  });

  type Row = [trigger: Record<string, unknown> & Pick<Trigger, 'kind'>, about: string, context: Partial<SlotContext>];

  it.each<Row>([
    [{ kind: 'calendar', everyBars: 100 }, 'the bars since the last fit', {}],
    [
      { kind: 'calendar', everyBars: 500 },
      'the bars since the start where nothing was fitted',
      bars({ sinceFit: undefined }),
    ],
    [{ kind: 'loss_alarm' }, 'a loss alarm', { alarms: [alarm('loss')] }],
    [
      { kind: 'drift_alarm', with: 'nothing' },
      'drifting inputs',
      { alarms: [alarm('features', { subject: 'ret_1' })] },
    ],
    [{ kind: 'drift_alarm', with: 'nothing' }, 'drifting predictions', { alarms: [alarm('predictions')] }],
    [{ kind: 'drift_alarm' }, 'drift beside a loss alarm', { alarms: [alarm('features'), alarm('loss')] }],
    [{ kind: 'new_samples', count: 100 }, 'enough new bars', {}],
    [{ kind: 'volume_drop' }, 'a drop of the volume', { alarms: [alarm('volume')] }],
    [{ kind: 'degradation' }, 'a loss that has risen by more than 5 %', { degradation: 0.051 }],
  ])('%j asks on %s', (trigger, _, context) => {
    const result = decideBy(trigger, context);
    expect(result).toMatchObject({ action: 'retrain', mode: 'refit' });
    expect(verdictOf(result, trigger.kind)).toBe('asks');
    expect(result.reason).toMatch(new RegExp(`^${trigger.kind}: .*\\d`));
  });

  it.each<Row>([
    [{ kind: 'calendar', everyBars: 101 }, 'one bar early', {}],
    [{ kind: 'loss_alarm' }, 'no alarm', {}],
    [{ kind: 'loss_alarm' }, 'an alarm of another monitor', { alarms: [alarm('calibration')] }],
    ...(['silent', 'ok', 'pending', 'recovering'] as const).map((phase): Row => [
      { kind: 'loss_alarm' },
      `a loss monitor that is ${phase}`,
      { alarms: [alarm('loss', { phase })] },
    ]),
    [{ kind: 'drift_alarm' }, 'drift alone', { alarms: [alarm('features')] }],
    [{ kind: 'drift_alarm' }, 'a loss alarm alone', { alarms: [alarm('loss')] }],
    [
      { kind: 'drift_alarm', with: 'nothing' },
      'drift that is not firing',
      { alarms: [alarm('features', { phase: 'pending' })] },
    ],
    [{ kind: 'new_samples' }, 'fewer bars', {}],
    [{ kind: 'volume_drop' }, 'a steady volume', { alarms: [alarm('volume', { phase: 'ok' })] }],
    [{ kind: 'degradation' }, 'a loss at the limit', { degradation: 0.05 }],
    [{ kind: 'degradation' }, 'nothing to compare', {}],
  ])('%j is silent on %s', (trigger, _, context) => {
    const result = decideBy(trigger, context);
    expect(result.action).toBe('none');
    expect(verdictOf(result, trigger.kind)).toBe('silent');
  });

  it.each([
    ['loss_alarm', [alarm('loss')]],
    ['volume_drop', [alarm('volume')]],
    ['drift_alarm', [alarm('features'), alarm('loss')]],
    ['degradation', []],
  ])('a policy that does not watch hears no %s', (kind, alarms) => {
    const context = slotContext(
      { ...bars({ sinceFit: 100 }), alarms, degradation: 1 },
      { watch: false, triggers: [{ kind }] },
    );
    expect(decideSlot(context).action).toBe('none');
  });

  type Forbidding = [rule: string, action: string, context: Partial<SlotContext>, policy?: Record<string, unknown>];

  it.each<Forbidding>([
    ['freeze', 'pause', { ...DUE, ...controls({ frozen: 'audit' }) }],
    ['pin', 'pause', { ...DUE, ...controls({ pinned: '1.1.0' }) }],
    ['min_gap', 'none', DUE, { minGapBars: 64 }],
    ['cool_down', 'none', { ...bars({ sinceFit: 63, sinceRollback: 62 }) }],
    ['budget', 'none', { ...DUE, fits: { total: 200, lastYear: 0 } }],
    ['budget', 'none', { ...DUE, timeline: 'live', fits: { total: 12, lastYear: 12 } }],
    ['budget', 'none', DUE, { budget: { fitsPerReplay: 0 } }],
    ['once', 'none', DUE, { once: true }],
  ])('%s forbids a retraining that is due: %s', (rule, action, context, policy = {}) => {
    const result = decideSlot(slotContext(context, policy));
    expect(result.action).toBe(action);
    expect(verdictOf(result, rule)).toBe('forbids');
    expect(result.reason).toContain('asked by calendar: 63 bars since the last fit');
  });

  it.each<[string, Partial<SlotContext>, Record<string, unknown>?]>([
    ['the gap is over', DUE],
    ['the cool-down is over', bars({ sinceFit: 63, sinceRollback: 63 })],
    ['other fits of a replay were in its last year only', { ...DUE, fits: { total: 199, lastYear: 199 } }],
    ['live fits are older than a year', { ...DUE, timeline: 'live', fits: { total: 500, lastYear: 11 } }],
    ['no trained version serves yet', { ...DUE, serving: BASELINE }, { once: true }],
    ['a reconciliation blocks promotions only', { ...DUE, ...controls({ blocked: '2010-01-04' }) }],
  ])('trains when %s', (_, context, policy = {}) => {
    expect(decideSlot(slotContext(context, policy)).action).toBe('retrain');
  });

  it('a pause says that nothing but a person stands in the way', () => {
    const context = slotContext({ ...DUE, ...controls({ frozen: 'audit' }) }, { minGapBars: 100 });
    expect(decideSlot(context).action).toBe('none');
  });

  describe('asked by hand', () => {
    const early = { ...bars({ sinceFit: 1, sinceRollback: 1 }), manual: true };

    it('waits neither for the gap nor for the cool-down', () => {
      expect(decideSlot(slotContext(early))).toMatchObject({
        action: 'retrain',
        reason: expect.stringMatching(/^manual: /),
      });
    });

    it('trains beside a pin, whose version stays', () => {
      expect(decideSlot(slotContext({ ...early, ...controls({ pinned: '1.1.0' }) })).action).toBe('retrain');
    });

    it.each<[string, string, Partial<SlotContext>, Record<string, unknown>?]>([
      ['freeze', 'pause', controls({ frozen: 'audit' })],
      ['budget', 'none', { timeline: 'live', fits: { total: 12, lastYear: 12 } }],
      ['once', 'none', {}, { once: true }],
    ])('keeps to %s', (rule, action, context, policy = {}) => {
      const result = decideSlot(slotContext({ ...early, ...context }, policy));
      expect(result.action).toBe(action);
      expect(verdictOf(result, rule)).toBe('forbids');
    });
  });

  it.each<[string, Partial<SlotContext>, 'new_recipe' | 'refit']>([
    ['the baseline serves', { ...DUE, serving: BASELINE }, 'new_recipe'],
    ['no recipe has competed', bars({ sinceFit: 63, sinceNewRecipe: undefined }), 'new_recipe'],
    ['a year has passed', bars({ sinceFit: 63, sinceNewRecipe: 252 }), 'new_recipe'],
    ['recipes competed lately', bars({ sinceFit: 63, sinceNewRecipe: 251 }), 'refit'],
  ])('when %s it trains a %s', (_, context, mode) => {
    expect(decideSlot(slotContext(context))).toMatchObject({ action: 'retrain', mode });
  });

  describe('a loss alarm on a trained version', () => {
    it('puts the version before it back when that would have been better', () => {
      const result = decideSlot(slotContext(LOSING));
      expect(result).toMatchObject({ action: 'rollback', target: PREVIOUS, latch: SERVING.artifactSha256 });
      expect(result.reason).toBe(
        'loss alarm: loss 0.0123 against 0.01; 1.1.0 goes back to 1.0.0, which would have been better: Δloss -0.002 on the same 120 bars',
      );
    });

    it.each<[string, Partial<SlotContext>]>([
      ['was not better', { againstServing: compared(0.001) }],
      ['was exactly as good', { againstServing: compared(0) }],
      ['cannot be compared', { againstServing: { previous: { bars: 12, status: 'insufficient' } } }],
      ['was not compared', { againstServing: undefined }],
      ['is latched', controls({ latched: [PREVIOUS.artifactSha256] })],
      ['does not exist', { previous: undefined }],
      ['is the baseline', { previous: BASELINE }],
    ])('puts the baseline back when the version before it %s', (_, context) => {
      const result = decideSlot(slotContext({ ...LOSING, ...context }));
      expect(result).toMatchObject({ action: 'rollback', target: BASELINE, latch: SERVING.artifactSha256 });
      expect(result.reason).toContain('1.1.0 goes back to 0.1.0, the baseline, since ');
    });

    it.each([{ frozen: 'audit' }, { pinned: '1.1.0' }])('pauses with %j', (control) => {
      const result = decideSlot(slotContext({ ...LOSING, ...controls(control) }));
      expect(result.action).toBe('pause');
      expect(result.target).toBeUndefined();
      expect(result.reason).toMatch(/by hand.*; otherwise loss alarm: .*1\.1\.0 goes back to 1\.0\.0/);
    });

    it('rolls back while a reconciliation blocks, before anything that is due, and within the cool-down', () => {
      const context = {
        ...LOSING,
        ...bars({ sinceFit: 200, sinceRollback: 1 }),
        ...controls({ blocked: '2010-01-04' }),
      };
      expect(decideSlot(slotContext({ ...context, manual: true })).action).toBe('rollback');
    });

    it.each<[string, Partial<SlotContext>, Record<string, unknown>?]>([
      ['the baseline serves', { ...LOSING, serving: BASELINE }],
      ['the policy does not roll back', LOSING, { rollback: { onLossAlarm: false } }],
      ['the policy does not watch', LOSING, { watch: false }],
      ['the alarm is only pending', { ...LOSING, alarms: [alarm('loss', { phase: 'pending' })] }],
    ])('leaves Production alone when %s', (_, context, policy = {}) => {
      expect(decideSlot(slotContext(context, policy)).action).toBe('none');
    });
  });

  it.each([{ newRecipe: 'none' }, { refit: 'none' }])('pauses on the live timeline with gates %j', (gates) => {
    const live = decideSlot(slotContext({ ...DUE, ...LOSING, timeline: 'live' }, { gates }));
    expect(live).toMatchObject({ action: 'pause', reason: expect.stringContaining('POLICY_GATE_NONE_ON_LIVE') });
    expect(decideSlot(slotContext(DUE, { gates })).action).toBe('retrain');
  });
});
