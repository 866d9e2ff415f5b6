import { describe, expect, it } from '@jest/globals';
import { BAND_BARS, breakResponse, type BreakQuestion } from './break-response.js';

const eventTimes = Array.from({ length: 500 }, (_, row) => new Date(Date.UTC(2000, 0, 1 + row)));
const at = (row: number): Date => eventTimes[row]!;
/** Better than the baseline until the break at row 200, then worse until row 300, then the baseline itself. */
const excess = Float64Array.from(eventTimes, (_, row) => (row < 200 ? -0.1 : row < 300 ? 0.2 : 0));
const question: BreakQuestion = {
  eventTimes,
  at: at(200),
  excess,
  lossAlarms: [at(50), at(260)],
  driftAlarms: [at(220)],
  retrains: [at(63), at(126), at(240), at(303)],
  versions: eventTimes.map((_, row) => (row < 262 ? '2.0.0' : '0.1.0')),
  baseline: '0.1.0',
};

describe('breakResponse', () => {
  it('counts bars from the break on, and a retraining from the alarm on', () => {
    expect(breakResponse(question)).toMatchObject({
      servedAtBreak: '2.0.0',
      wasTrained: true,
      barsToAlarm: 60,
      barsToDriftAlarm: 20,
      barsToChange: 62,
      barsToRetrain: 103,
      band: 0,
    });
  });

  it('is harmed while the mean over 63 bars is above the band', () => {
    const { barsToHarm, barsToRecovery } = breakResponse(question);
    // 0.2 k − 0.1 (63 − k) > 0 from the 22nd bar on; of the 21st it is zero.
    expect(barsToHarm).toBe(21);
    expect(barsToRecovery).toBe(100 + BAND_BARS - 1);
  });

  it('leaves out what did not happen', () => {
    const quiet = breakResponse({
      ...question,
      excess: excess.map(() => -0.1),
      lossAlarms: [],
      versions: eventTimes.map(() => '0.1.0'),
    });
    expect(quiet).toMatchObject({ wasTrained: false, servedAtBreak: '0.1.0' });
    for (const field of ['barsToAlarm', 'barsToRetrain', 'barsToChange', 'barsToHarm', 'barsToRecovery'] as const) {
      expect(quiet[field]).toBeUndefined();
    }
  });

  it('does not take labels that have not matured for a recovery', () => {
    const open = excess.map((value, row) => (row < 250 ? value : Number.NaN));
    expect(breakResponse({ ...question, excess: open }).barsToRecovery).toBeUndefined();
  });
});
