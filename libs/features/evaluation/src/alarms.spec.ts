import { describe, expect, it } from '@jest/globals';
import type { TimelineAlarm } from '@tidemark/monitoring/read';
import { ALARM_WINDOW, alarmSummary } from './alarms.js';

const BARS = 400;
const DAY_MS = 86_400_000;
const eventTimes = Array.from({ length: BARS }, (_, row) => new Date(row * DAY_MS));

const alarm = (row: number, monitor = 'loss', kind: TimelineAlarm['kind'] = 'PERFORMANCE'): TimelineAlarm => ({
  ...{ kind, monitor, severity: 'high', subject: 'model', message: '' },
  openedAsOf: new Date(row * DAY_MS),
});

describe('alarmSummary', () => {
  /** Low before bar 200, high from it on. */
  const losses = Float64Array.from(eventTimes, (_, row) => (row < 200 ? 1 : 2));

  it('judges by the bars up to the alarm against the bars after it', () => {
    const { kinds } = alarmSummary({ eventTimes, losses }, [alarm(199), alarm(180), alarm(300)], []);
    expect(kinds).toEqual([{ kind: 'PERFORMANCE', monitor: 'loss', alarms: 3, judged: 3, followedByHigherLoss: 2 }]);
  });

  it('judges only where both windows are whole', () => {
    const rows = [ALARM_WINDOW - 2, ALARM_WINDOW - 1, BARS - ALARM_WINDOW - 1, BARS - ALARM_WINDOW];
    const { kinds, anyBar } = alarmSummary(
      { eventTimes, losses },
      rows.map((row) => alarm(row)),
      [],
    );
    expect(kinds[0]).toMatchObject({ alarms: 4, judged: 2 });
    expect(anyBar.judged).toBe(BARS - 2 * ALARM_WINDOW + 1);
  });

  it('counts windows in matured bars', () => {
    const gaps = losses.map((loss, row) => (row >= 100 && row < 150 ? Number.NaN : loss));
    const { kinds } = alarmSummary({ eventTimes, losses: gaps }, [alarm(148), alarm(99 + 4)], []);
    expect(kinds[0]).toMatchObject({ judged: 2, followedByHigherLoss: 2 });
  });

  it('tells kinds and monitors apart, the most frequent first, and knows bars outside of the span', () => {
    const all = [alarm(150), alarm(160, 'features', 'DRIFT'), alarm(170, 'features', 'DRIFT'), alarm(5000, 'loss')];
    const { kinds } = alarmSummary({ eventTimes, losses }, [...all, alarm(180, 'features', 'DRIFT')], []);
    expect(kinds.map(({ monitor, alarms, judged }) => [monitor, alarms, judged])).toEqual([
      ['features', 3, 3],
      ['loss', 2, 1],
    ]);
  });

  it('says nothing of a span without matured bars', () => {
    const none = new Float64Array(BARS).fill(Number.NaN);
    expect(alarmSummary({ eventTimes, losses: none }, [alarm(100)], [])).toMatchObject({
      kinds: [{ alarms: 1, judged: 0, followedByHigherLoss: 0 }],
      anyBar: { judged: 0, followedByHigherLoss: 0 },
    });
  });
});
