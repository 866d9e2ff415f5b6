import type { Schedule, ScheduleName } from '@tidemark/contracts';

/** One time at which a schedule of an agent is due. */
export interface DueSlot<Name extends ScheduleName = ScheduleName> {
  readonly schedule: Name;
  readonly slotAt: Date;
}

/** In the order they run when due at the same instant: what is decided knows what was just observed. */
export const SCHEDULES = [
  'drift',
  'retrain',
  'validation',
  'reconciliation',
] as const satisfies readonly ScheduleName[];

/** What the loop itself does. The other schedules look at a history and add nothing to it. */
export const LOOP_SCHEDULES = ['drift', 'retrain'] as const satisfies readonly ScheduleName[];
export type LoopSchedule = (typeof LOOP_SCHEDULES)[number];
/** A slot that the loop acts on. */
export type LoopSlot = DueSlot<LoopSchedule>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** Day of the week on which epoch time began: a Thursday. */
const EPOCH_WEEKDAY = 4;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** Instants `phase + n × period`, epoch ms: every schedule is one, since all times are UTC. */
interface Beat<Name extends ScheduleName> {
  readonly schedule: Name;
  readonly period: number;
  readonly phase: number;
}

/**
 * Due slots in (after, until], in order of time; at one instant drift, retrain, validation, reconciliation. Lazy: twenty
 * years of slots are stepped through without a list of them.
 */
export function* dueSlots<Name extends ScheduleName = ScheduleName>(
  schedule: Schedule,
  after: Date,
  until: Date,
  names?: readonly Name[],
): Generator<DueSlot<Name>> {
  const wanted = SCHEDULES.filter((name): name is Name & ScheduleName => names?.includes(name as Name) ?? true);
  const beats = wanted.filter((name) => schedule[name].enabled).map((name) => beatOf(schedule, name));
  const next = beats.map((beat) => firstAfter(beat, after.getTime()));
  for (;;) {
    const at = Math.min(...next);
    if (!(at <= until.getTime())) return;
    for (const [index, { schedule: name, period }] of beats.entries()) {
      if (next[index] !== at) continue;
      next[index] = at + period;
      yield { schedule: name, slotAt: new Date(at) };
    }
  }
}

/** The first slot of a schedule at or after an instant; undefined when it is switched off. */
export function firstSlotFrom(schedule: Schedule, name: ScheduleName, from: Date): Date | undefined {
  return schedule[name].enabled ? new Date(firstAfter(beatOf(schedule, name), from.getTime() - 1)) : undefined;
}

function beatOf<Name extends ScheduleName>(schedule: Schedule, name: Name): Beat<Name> {
  switch (name) {
    case 'drift':
      return { schedule: name, period: schedule.drift.everyHours * HOUR_MS, phase: 0 };
    case 'validation': {
      const { at, weekday } = schedule.validation;
      const days = (WEEKDAYS.indexOf(weekday) - EPOCH_WEEKDAY + 7) % 7;
      return { schedule: name, period: WEEK_MS, phase: days * DAY_MS + timeOfDay(at) };
    }
    default: {
      const { at } = name === 'retrain' ? schedule.retrain : schedule.reconciliation;
      return { schedule: name, period: DAY_MS, phase: timeOfDay(at) };
    }
  }
}

/** `02:30` in ms. */
function timeOfDay(at: string): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return hours * HOUR_MS + minutes * 60_000;
}

function firstAfter({ period, phase }: Beat<ScheduleName>, after: number): number {
  return phase + (Math.floor((after - phase) / period) + 1) * period;
}
