import { SteppedClock } from '@tidemark/kernel';

/** A clock that stands at `start` until it is stepped. */
export function stepClock(start: string | Date = '2020-01-01T00:00:00.000Z'): SteppedClock {
  return new SteppedClock(new Date(start));
}
