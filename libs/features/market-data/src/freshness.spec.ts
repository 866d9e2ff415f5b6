import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { buildAgent } from '@tidemark/testing';
import { Calendars } from './calendars.js';
import { freshness, listedCalendar, weekdayCalendar, type Freshness, type SessionCalendar } from './freshness.js';
import { SeriesHistory } from './series-snapshot.js';

const at = (last: string, now: string, calendar?: SessionCalendar, ended?: string): Freshness => {
  const lastEventTime = new Date(`${last}T00:00:00Z`);
  const { source } = buildAgent({ source: { series: 's', kind: 'api', ended } });
  return freshness({ ...new SeriesHistory('s').asOf(lastEventTime), lastEventTime }, source, calendar, new Date(now));
};

describe('freshness', () => {
  it.each([
    ['none', undefined, '2020-04-09', '2020-04-13T23:59:00Z', false],
    ['none', undefined, '2020-04-09', '2020-04-14T00:00:01Z', true],
    ['weekdays', weekdayCalendar, '2020-03-06', '2020-03-09T23:00:00Z', false],
    ['weekdays', weekdayCalendar, '2020-03-06', '2020-03-10T00:00:00Z', true],
    ['weekdays', weekdayCalendar, '2020-03-05', '2020-03-07T00:00:00Z', true],
    ['a list', listedCalendar('2020-03-06\n2020-03-12'), '2020-03-06', '2020-03-12T12:00:00Z', false],
    ['a list', listedCalendar('2020-03-06\n2020-03-12'), '2020-03-06', '2020-03-13T00:00:00Z', true],
    ['a list that ran out', listedCalendar('2020-03-05\n2020-03-06'), '2020-03-06', '2020-03-10T00:00:00Z', true],
  ])('by the calendar %s, last bar %s', (_name, calendar, last, now, stale) => {
    expect(at(last, now, calendar)).toMatchObject({ stale, historical: false });
  });

  it('gives the age in seconds from the event time', () => {
    expect(at('2020-03-06', '2020-03-07T00:00:01Z').dataAgeSeconds).toBe(86_401);
  });

  it('takes the last bar of an ended source as now: historical, not stale', () => {
    expect(at('2020-04-17', '2026-01-01T00:00:00Z', weekdayCalendar, '2020-04-17')).toMatchObject({
      stale: false,
      historical: true,
    });
  });

  it('judges an ended source like any other before its end, and after its first live bar', () => {
    const before = at('2020-03-02', '2020-04-01T00:00:00Z', undefined, '2020-04-17');
    expect(before).toMatchObject({ stale: true, historical: false });
    const live = at('2020-04-20', '2020-04-21T00:00:00Z', undefined, '2020-04-17');
    expect(live).toMatchObject({ stale: false, historical: false });
    expect(at('2020-04-20', '2020-06-01T00:00:00Z', undefined, '2020-04-17')).toMatchObject({ stale: true });
  });
});

describe('listedCalendar', () => {
  it('reads dates, comments and blank lines', () => {
    const calendar = listedCalendar('# NYSE\r\n2020-01-02 # Thursday\r\n\r\n2020-01-06\r\n');
    const days = ['2020-01-02', '2020-01-03', '2020-01-06'].map((day) => new Date(`${day}T00:00:00Z`));
    expect(days.map((day) => calendar.isSession(day))).toEqual([true, false, true]);
  });

  it.each(['', '# nothing\n', '2020-01-02\nMonday', '2020-02-30', '02/01/2020'])('refuses %p', (text) => {
    expect(() => listedCalendar(text)).toThrow(expect.objectContaining({ code: 'CALENDAR_INVALID' }));
  });
});

describe('Calendars', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-calendars-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const calendarsOf = (calendar: string): Calendars => {
    const agent = buildAgent({ calendar });
    return new Calendars(new AgentCatalog([{ agent, file: join(folder, 'a.yaml'), yaml: '', hash: 'a' }]));
  };

  it('come from the agent: none, weekdays, or a file beside it', () => {
    writeFileSync(join(folder, 'days.txt'), '2020-01-04\n2021-01-01\n');
    expect(calendarsOf('none').of('test_agent')).toBeUndefined();
    expect(calendarsOf('weekdays').of('test_agent')).toBe(weekdayCalendar);
    const saturday = new Date('2020-01-04T00:00:00Z');
    expect(calendarsOf('file:days.txt').of('test_agent')?.isSession(saturday)).toBe(true);
  });

  it('are read at start: a missing file is told then', () => {
    expect(() => calendarsOf('file:missing.txt')).toThrow(expect.objectContaining({ code: 'CALENDAR_UNREADABLE' }));
  });
});
