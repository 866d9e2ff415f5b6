import type { LoopSchedule, LoopSlot } from './due-slots.js';

export const NO_NEW_DATA = 'no_new_data';
/** A bar, not a slot: its inputs cannot be built from the history there is. */
export const INSUFFICIENT_HISTORY = 'insufficient_history';

export interface DoneSlot extends LoopSlot {
  readonly outcome: string;
}

/** Slots of one schedule that ran nothing, for one reason. */
export interface SkippedSlots {
  readonly schedule: LoopSchedule;
  readonly reason: string;
  readonly slots: number;
  readonly first: Date;
  readonly last: Date;
}

/** What became of slots since it was last written: a row for each that ran, a count for those that did not. */
export class SlotLedger {
  private done: DoneSlot[] = [];
  private readonly skips = new Map<string, SkippedSlots>();

  ran(slot: LoopSlot, outcome: string): void {
    this.done.push({ ...slot, outcome });
  }

  skipped({ schedule, slotAt }: LoopSlot, reason: string): void {
    const key = `${schedule} ${reason}`;
    const before = this.skips.get(key);
    const { slots, first } = before ?? { slots: 0, first: slotAt };
    this.skips.set(key, { schedule, reason, slots: slots + 1, first, last: slotAt });
  }

  /** What is to be written; nothing is left. */
  take(): { done: DoneSlot[]; skips: SkippedSlots[] } {
    const taken = { done: this.done, skips: [...this.skips.values()] };
    this.done = [];
    this.skips.clear();
    return taken;
  }
}
