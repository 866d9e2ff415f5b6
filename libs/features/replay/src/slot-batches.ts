import type { LoopSlot } from '@tidemark/loop/read';

/**
 * Slots in groups: those from one bar's becoming known to the next one's. A group is one unit of work, so that a replay
 * commits once a bar, whatever lies between bars.
 */
export function* slotBatches(slots: Iterable<LoopSlot>, knownAt: readonly number[]): Generator<LoopSlot[]> {
  let batch: LoopSlot[] = [];
  let next = 0;
  for (const slot of slots) {
    const at = slot.slotAt.getTime();
    if (next < knownAt.length && knownAt[next]! <= at) {
      if (batch.length > 0) yield batch;
      batch = [];
      while (next < knownAt.length && knownAt[next]! <= at) next += 1;
    }
    batch.push(slot);
  }
  if (batch.length > 0) yield batch;
}
