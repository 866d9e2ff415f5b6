import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 4;

/** Appends to `<file>`; a full file becomes `<file>.1`, the one before it `<file>.2`, and so on up to `kept`. */
export class RotatingLog {
  private descriptor: number;
  private bytes: number;

  constructor(
    readonly file: string,
    private readonly maxBytes: number = MAX_BYTES,
    private readonly kept: number = KEPT_FILES,
  ) {
    this.descriptor = openSync(file, 'a', 0o600);
    this.bytes = fstatSync(this.descriptor).size;
  }

  /** False when the text could not be written, for example on a full disk: a lost log line must not stop serving. */
  write(chunk: Buffer): boolean {
    try {
      if (this.bytes > 0 && this.bytes + chunk.length > this.maxBytes) this.rotate();
      this.bytes += writeSync(this.descriptor, chunk);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private rotate(): void {
    closeSync(this.descriptor);
    for (let age = this.kept - 1; age >= 1; age -= 1) {
      if (existsSync(`${this.file}.${age}`)) renameSync(`${this.file}.${age}`, `${this.file}.${age + 1}`);
    }
    renameSync(this.file, `${this.file}.1`);
    this.descriptor = openSync(this.file, 'a', 0o600);
    this.bytes = 0;
  }
}
