import { describe, expect, it } from '@jest/globals';
import { buildAgent, buildBars } from './builders.js';
import { eventually } from './eventually.js';
import { stepClock } from './step-clock.js';

describe('builders', () => {
  it('make a valid agent and take overrides', () => {
    expect(buildAgent({ agent: 'other' })).toMatchObject({
      agent: 'other',
      features: expect.arrayContaining(['rsi_14']),
    });
    expect(() => buildAgent({ families: ['ewma'] })).toThrow();
  });

  it('make the same ordered, possible bars for the same seed', () => {
    const bars = buildBars(500, { seed: 3 });
    expect(buildBars(500, { seed: 3 })).toEqual(bars);
    expect(buildBars(500, { seed: 4 })).not.toEqual(bars);
    for (const [index, bar] of bars.entries()) {
      expect(bar.low).toBeLessThanOrEqual(Math.min(bar.open, bar.close));
      expect(bar.high).toBeGreaterThanOrEqual(Math.max(bar.open, bar.close));
      expect(bar.eventTime.getTime()).toBe(Date.parse('2015-01-01T00:00:00Z') + index * 86_400_000);
    }
  });
});

describe('eventually', () => {
  it('returns what the probe finds, after it failed and had nothing', async () => {
    let calls = 0;
    const probe = (): number | undefined => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return calls < 3 ? undefined : calls;
    };
    expect(await eventually(probe, { intervalMs: 1 })).toBe(3);
  });

  it('throws the last failure when time is up', async () => {
    const options = { timeoutMs: 5, intervalMs: 1 };
    await expect(eventually(() => Promise.reject(new Error('the reason')), options)).rejects.toThrow('the reason');
    await expect(eventually(() => false, options)).rejects.toThrow();
  });
});

describe('stepClock', () => {
  it('stands until it is stepped', () => {
    const clock = stepClock('2021-01-01T00:00:00Z');
    expect(clock.now()).toEqual(new Date('2021-01-01T00:00:00Z'));
  });
});
