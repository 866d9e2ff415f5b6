import { renameSync, writeFileSync } from 'node:fs';

/** A clock for processes: it stands where the file says, and moves only when told to. */
export class ClockFile {
  constructor(
    readonly path: string,
    start: Date,
  ) {
    this.stepTo(start);
  }

  /** Replaces the file as a whole, so that nobody reads half an instant. */
  stepTo(instant: Date): void {
    const draft = `${this.path}.draft`;
    writeFileSync(draft, instant.toISOString());
    renameSync(draft, this.path);
  }
}
