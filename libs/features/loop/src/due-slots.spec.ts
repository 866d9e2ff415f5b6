import { describe, expect, it } from '@jest/globals';
import { scheduleNames, scheduleSchema, type Schedule } from '@tidemark/contracts';
import { dueSlots, firstSlotFrom } from './due-slots.js';

const HOUR_MS = 3_600_000;
const schedule = scheduleSchema.parse({});
const list = (agent: Schedule, after: string, until: string): string[] =>
  Array.from(
    dueSlots(agent, new Date(after), new Date(until)),
    ({ schedule: name, slotAt }) => `${name} ${slotAt.toISOString().slice(0, 16)}`,
  );

/** Every minute of a span looked at one by one: slow, and plainly right. */
function naive(agent: Schedule, after: number, until: number): string[] {
  const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
  const found: string[] = [];
  const first = Math.floor(after / 60_000) * 60_000 + 60_000;
  for (let at = first; at <= until; at += 60_000) {
    const time = new Date(at);
    const clock = time.toISOString().slice(11, 16);
    const isDue = {
      drift: clock.endsWith(':00') && time.getUTCHours() % agent.drift.everyHours === 0,
      retrain: clock === agent.retrain.at,
      validation: clock === agent.validation.at && weekdays[time.getUTCDay()] === agent.validation.weekday,
      reconciliation: clock === agent.reconciliation.at,
    };
    for (const name of ['drift', 'retrain', 'validation', 'reconciliation'] as const) {
      if (isDue[name] && agent[name].enabled) found.push(`${name} ${time.toISOString().slice(0, 16)}`);
    }
  }
  return found;
}

describe('dueSlots', () => {
  it('lists what is due after one instant and up to another, in order', () => {
    expect(list(schedule, '2020-02-29T00:00:00Z', '2020-03-01T05:00:00Z')).toEqual([
      'retrain 2020-02-29T02:00',
      'reconciliation 2020-02-29T05:00',
      'drift 2020-02-29T06:00',
      'drift 2020-02-29T12:00',
      'drift 2020-02-29T18:00',
      'drift 2020-03-01T00:00',
      'retrain 2020-03-01T02:00',
      'validation 2020-03-01T04:00',
      'reconciliation 2020-03-01T05:00',
    ]);
  });

  it('observes before it decides at one instant', () => {
    const same = scheduleSchema.parse({
      retrain: { at: '00:00' },
      drift: { everyHours: 24 },
      validation: { at: '00:00', weekday: 'monday' },
      reconciliation: { at: '00:00' },
    });
    expect(list(same, '2020-03-01T12:00:00Z', '2020-03-02T12:00:00Z')).toEqual(
      ['drift', 'retrain', 'validation', 'reconciliation'].map((name) => `${name} 2020-03-02T00:00`),
    );
  });

  it('leaves out what is switched off or not asked for', () => {
    const off = scheduleSchema.parse({ drift: { enabled: false }, validation: { enabled: false } });
    expect(list(off, '2020-03-01T00:00:00Z', '2020-03-01T23:59:00Z')).toEqual([
      'retrain 2020-03-01T02:00',
      'reconciliation 2020-03-01T05:00',
    ]);
    const begin = new Date('2020-03-01T00:00:00Z');
    const slots = [...dueSlots(schedule, begin, new Date(begin.getTime() + 3 * HOUR_MS), ['retrain'])];
    expect(slots).toEqual([{ schedule: 'retrain', slotAt: new Date('2020-03-01T02:00:00Z') }]);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('finds what a look at every minute finds (%i)', (seed) => {
    const pick = <T>(values: readonly T[], salt: number): T =>
      values[(seed * 7 + salt * 13 + seed * salt) % values.length]!;
    const clock = (salt: number): string =>
      `${pick(['00', '02', '06', '23'], salt)}:${pick(['00', '07', '59'], salt + 1)}`;
    const agent = scheduleSchema.parse({
      retrain: { at: clock(1), enabled: seed % 5 !== 0 },
      drift: { everyHours: pick([1, 2, 3, 4, 6, 8, 12, 24], 2), enabled: seed % 7 !== 0 },
      validation: { at: clock(3), weekday: pick(['sunday', 'tuesday', 'saturday'], 4) },
      reconciliation: { at: clock(5) },
    });
    const after = Date.UTC(2004, seed % 12, 1 + seed) + seed * 1_234_567;
    const until = after + (seed % 9) * 24 * HOUR_MS + seed * 98_765;
    const found = list(agent, new Date(after).toISOString(), new Date(until).toISOString());
    expect(found).toEqual(naive(agent, after, until));
  });

  it('cut anywhere gives the same slots: nothing is lost or doubled where one span ends and the next begins', () => {
    const [begin, end] = ['2019-12-30T00:00:00Z', '2020-01-12T00:00:00Z'];
    for (let hour = 0; hour <= 13 * 24; hour += 5) {
      const cut = new Date(Date.parse(begin) + hour * HOUR_MS).toISOString();
      expect([...list(schedule, begin, cut), ...list(schedule, cut, end)]).toEqual(list(schedule, begin, end));
    }
  });

  it('steps through twenty years of slots one by one', () => {
    let slots = 0;
    for (const slot of dueSlots(schedule, new Date('2000-01-01T00:00:00Z'), new Date('2020-01-01T00:00:00Z'))) {
      slots += scheduleNames.includes(slot.schedule) ? 1 : 0;
    }
    expect(slots).toBe(7305 * 6 + 1044);
  });
});

describe('firstSlotFrom', () => {
  it('is the instant itself when something is due then', () => {
    const at = new Date('2020-03-02T06:00:00Z');
    expect(firstSlotFrom(schedule, 'drift', at)).toEqual(at);
    expect(firstSlotFrom(schedule, 'drift', new Date(at.getTime() + 1))).toEqual(new Date('2020-03-02T12:00:00Z'));
  });

  it('is nothing for a schedule that is off', () => {
    const off = scheduleSchema.parse({ drift: { enabled: false } });
    expect(firstSlotFrom(off, 'drift', new Date(0))).toBeUndefined();
  });
});
