import { describe, expect, it } from '@jest/globals';
import { AlertDesk, type AlertChanges } from './alert-desk.js';
import { statusOf, type Evaluation, type MonitorName } from './evaluation.js';

const rule = { enterBars: 1, leaveBars: 1, leaveShare: 0.7 };
const day = (offset: number): Date => new Date(Date.UTC(2020, 0, 1 + offset));

const at = (subject: string, ratio: number | undefined, monitor: MonitorName = 'features'): Evaluation => ({
  monitor,
  subject,
  status: ratio === undefined ? 'insufficient' : statusOf(ratio),
  value: ratio,
  limit: ratio === undefined ? undefined : 1,
  ratio,
  details: {},
});
const words = ({ opened, resolved, escalated }: AlertChanges): string[] => [
  ...resolved.map(({ subject, by }) => `-${subject} ${by}`),
  ...opened.map(({ subject, severity }) => `+${subject} ${severity}`),
  ...escalated.map(({ subject, severity }) => `^${subject} ${severity}`),
];

describe('AlertDesk', () => {
  it('opens once, makes it more severe, resolves once', () => {
    const desk = new AlertDesk(rule);
    const run = [0.5, 1.5, 1.5, 3, 1.5, 0.5, 0.5].map((ratio, bar) =>
      words(desk.apply([at('a', ratio)], day(bar), false)),
    );
    expect(run).toEqual([[], ['+a medium'], [], ['^a high'], [], ['-a monitor'], []]);
  });

  it('says which states changed, and from when each could speak', () => {
    const desk = new AlertDesk(rule);
    expect(desk.apply([at('a', undefined)], day(0), false).states).toMatchObject([
      { phase: 'silent', speaksFrom: undefined },
    ]);
    expect(desk.apply([at('a', undefined)], day(1), false).states).toEqual([]);
    expect(desk.apply([at('a', 0.2)], day(2), false).states).toMatchObject([{ phase: 'ok', speaksFrom: day(2) }]);
    expect(desk.apply([at('a', 0.3)], day(3), false).states).toEqual([]);
    expect(desk.alarms()).toEqual([
      { monitor: 'features', subject: 'a', phase: 'ok', severity: 'medium', value: 0.3, limit: 1 },
    ]);
  });

  it('lets one alert stand for a storm of features, until none fires', () => {
    const desk = new AlertDesk(rule);
    const bar = (offset: number, ...ratios: number[]): string[] =>
      words(
        desk.apply(
          ratios.map((ratio, index) => at(`f${index}`, ratio)),
          day(offset),
          false,
        ),
      );
    expect(bar(0, 2, 0, 0, 0, 0)).toEqual(['+f0 medium']);
    expect(bar(1, 2, 2, 2, 0, 0)).toEqual(['-f0 grouped', '+features medium']);
    expect(bar(2, 2, 2, 2, 2, 2)).toEqual([]);
    expect(bar(3, 0, 0, 0, 0, 2)).toEqual([]);
    expect(desk.alarms().find(({ subject }) => subject === 'features')).toMatchObject({
      phase: 'firing',
      value: 1,
      limit: 2.5,
    });
    expect(bar(4, 0, 0, 0, 0, 0)).toEqual(['-features monitor']);
    expect(bar(5, 2, 0, 0, 0, 0)).toEqual(['+f0 medium']);
  });

  it('names few features one by one', () => {
    const desk = new AlertDesk(rule);
    expect(words(desk.apply([at('a', 2), at('b', 2)], day(0), false))).toEqual(['+a medium', '+b medium']);
  });

  it('starts anew with another version where it is about the version', () => {
    const desk = new AlertDesk(rule);
    desk.apply([at('log_loss', 2, 'loss'), at('a', 2)], day(0), false);
    const changes = desk.apply([at('log_loss', undefined, 'loss'), at('a', 2)], day(1), true);
    expect(words(changes)).toEqual(['-log_loss another recipe serves']);
    expect(desk.alarms()).toMatchObject([
      { subject: 'a', phase: 'firing' },
      { subject: 'log_loss', phase: 'silent' },
    ]);
    const other = new AlertDesk(rule);
    other.apply([at('log_loss', 2, 'loss')], day(0), false);
    expect(words(other.apply([at('log_loss', 2, 'loss')], day(1), true))).toEqual([
      '-log_loss another recipe serves',
      '+log_loss high',
    ]);
  });

  it('goes on from what was stored', () => {
    const desk = new AlertDesk(rule);
    const first = desk.apply(
      ['a', 'b', 'c'].map((subject) => at(subject, 2)),
      day(0),
      false,
    );
    const reopened = new AlertDesk(rule, first.states);
    expect(reopened.alarms()).toEqual(desk.alarms());
    const next = ['a', 'b', 'c'].map((subject) => at(subject, 0));
    expect(words(reopened.apply(next, day(1), false))).toEqual(words(desk.apply(next, day(1), false)));
  });
});
