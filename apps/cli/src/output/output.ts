import type { CliIo } from '../io.js';

/** Writes results to standard output and everything else to standard error. */
export class Output {
  constructor(private readonly io: Pick<CliIo, 'stdout' | 'stderr'>) {}

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.io.stdout.write(`${lines.join('\n')}\n`);
  }

  json(value: unknown): void {
    this.io.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** One JSON document on one line: for streams. */
  jsonLine(value: unknown): void {
    this.io.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A hint or an error. */
  note(line: string): void {
    this.io.stderr.write(`${line}\n`);
  }
}
