import { describe, expect, it } from '@jest/globals';
import { scheduleSchema } from '@tidemark/contracts';
import { LOOP_SCHEDULES, dueSlots } from '@tidemark/loop/read';
import { slotBatches } from './slot-batches.js';

const schedule = scheduleSchema.parse({});
const at = (text: string): number => Date.parse(`${text}Z`);
const slots = (from: string, to: string) =>
  dueSlots(schedule, new Date(at(from) - 1), new Date(at(to)), LOOP_SCHEDULES);

describe('slotBatches', () => {
  it('begins a batch where a bar becomes known, whatever lies between bars', () => {
    const known = ['2004-01-03T00:00', '2004-01-06T00:00', '2004-01-06T13:00', '2004-01-07T00:00'].map(at);
    const batches = [...slotBatches(slots('2004-01-03T00:00', '2004-01-07T00:00'), known)];
    expect(batches.map((batch) => [batch.length, batch[0]!.slotAt.toISOString()])).toEqual([
      [15, '2004-01-03T00:00:00.000Z'],
      [4, '2004-01-06T00:00:00.000Z'],
      [1, '2004-01-06T18:00:00.000Z'],
      [1, '2004-01-07T00:00:00.000Z'],
    ]);
  });

  it('puts bars that become known between two slots into one batch, and loses no slot', () => {
    const known = [1, 2, 3, 9].map((hour) => at(`2004-01-03T0${hour}:00`));
    const all = [...slots('2004-01-03T00:00', '2004-01-04T00:00')];
    const batches = [...slotBatches(all, known)];
    expect(batches.flat()).toEqual(all);
    expect(batches.map((batch) => batch.length)).toEqual([1, 1, 1, 3]);
  });

  it('is empty without slots', () => {
    expect([...slotBatches([], [1, 2, 3])]).toEqual([]);
  });
});
