import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { hysteresisOf, kindOf, messageOf, severityOf } from './alert-rules.js';
import type { MonitorName } from './evaluation.js';
import { SILENT, step, type PhaseState } from './hysteresis.js';

const USUAL = { enterBars: 1, leaveBars: 2, leaveShare: 0.7 };
const RUNBOOKS = join(import.meta.dirname, '../../../../docs/runbooks');

/** Phase after each ratio to the limit. */
function phases(monitor: MonitorName, ratios: readonly number[]): string[] {
  let state: PhaseState = SILENT;
  return ratios.map((ratio) => (state = step(state, ratio, hysteresisOf(monitor, USUAL))).phase);
}

describe('the rules of alerts', () => {
  it('end a value at risk in the green zone, which has no share of it that counts less', () => {
    expect(phases('value_at_risk', [5 / 4, 4 / 4, 4 / 4])).toEqual(['firing', 'recovering', 'ok']);
    expect(phases('value_at_risk', [5 / 4, 4 / 4, 5 / 4])).toEqual(['firing', 'recovering', 'firing']);
    expect(phases('loss', [5 / 4, 0.9, 0.6, 0.6])).toEqual(['firing', 'firing', 'recovering', 'ok']);
  });

  it('say how far the calibration is off, and what its band is', () => {
    const off = { monitor: 'calibration', subject: 'mean', status: 'warning', details: {} } as const;
    expect(messageOf({ ...off, value: -0.1271, limit: 0.12612 })).toBe(
      'The mean outcome differs from the mean forecast by -0.127, the band is ±0.126.',
    );
  });

  it.each<MonitorName>([
    'features',
    'predictions',
    'loss',
    'calibration',
    'value_at_risk',
    'volume',
    'data_age',
    'skew',
  ])('are those of the runbook: %s', (monitor) => {
    const page = readFileSync(join(RUNBOOKS, `${monitor}.md`), 'utf8');
    const line = page.split('\n').find((each) => each.startsWith('Monitor '))!;
    const [, name, kind, severities] = /^Monitor `(\w+)` · kind (\w+) · severity (.+)$/.exec(line)!;
    const words = severities!.match(/low|medium|high|critical/g)!;
    expect([name, kind]).toEqual([monitor, kindOf(monitor)]);
    expect(new Set(words)).toEqual(new Set([severityOf(monitor, 'warning'), severityOf(monitor, 'critical')]));
  });
});
