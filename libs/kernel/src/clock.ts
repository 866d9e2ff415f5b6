/** The only source of "now". Everything that depends on time takes a Clock, so that a replay can step it. */
export interface Clock {
  now(): Date;
}

export const CLOCK = Symbol('CLOCK');

/** The wall clock. */
export class SystemClock implements Clock {
  now(): Date {
    return new Date();
  }
}

/** A clock that moves only when told to. */
export class SteppedClock implements Clock {
  private current: number;

  constructor(start: Date) {
    this.current = start.getTime();
  }

  now(): Date {
    return new Date(this.current);
  }

  /** Moves to `instant`. Going back is a caller's mistake: time in a replay only advances. */
  stepTo(instant: Date): void {
    if (instant.getTime() < this.current) throw new RangeError('a stepped clock cannot go back');
    this.current = instant.getTime();
  }
}
