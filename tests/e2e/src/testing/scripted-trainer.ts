import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '@tidemark/embedded-postgres';
import { eventually } from '@tidemark/testing';
import { REAL_TRAINER } from './installation.js';

/**
 * - `real`: at once.
 * - `slow`: after three seconds, in the same process.
 * - `crash`: by a segmentation fault, without a word.
 * - `memory`, `time`: with limits that any training exceeds.
 */
export type TrainerMode = 'real' | 'slow' | 'crash' | 'memory' | 'time';

/** The real trainer behind a script whose behaviour a test changes while a worker runs. */
export class ScriptedTrainer {
  readonly path: string;
  private readonly modeFile: string;
  private readonly pidFile: string;

  constructor(folder: string) {
    this.path = join(folder, 'scripted-trainer');
    this.modeFile = join(folder, 'trainer-mode');
    this.pidFile = join(folder, 'trainer-pid');
    writeFileSync(this.path, this.script());
    chmodSync(this.path, 0o755);
    this.become('real');
  }

  become(mode: TrainerMode): void {
    writeFileSync(this.modeFile, mode);
    writeFileSync(this.pidFile, '');
  }

  /** Process of the trainer that was started last, once there is one. */
  async pid(): Promise<number> {
    return eventually(() => {
      const text = existsSync(this.pidFile) ? readFileSync(this.pidFile, 'utf8').trim() : '';
      return text === '' ? undefined : Number(text);
    });
  }

  /** Waits until a process is gone; returns how long that took, ms. */
  async gone(pid: number, timeoutMs: number): Promise<number> {
    const began = performance.now();
    await eventually(() => !isRunning(pid), { timeoutMs });
    return performance.now() - began;
  }

  /** The pause holds no pipe, as a trainer that computes in silence, and `exec` keeps the process. */
  private script(): string {
    const change = (key: string, value: string): string =>
      `sed 's/"${key}": [0-9]*/"${key}": ${value}/' "$1" > "$1.changed"; set -- "$1.changed"`;
    return `#!/bin/sh
PATH=/usr/bin:/bin
echo $$ > '${this.pidFile}'
case "$(cat '${this.modeFile}')" in
  slow) sleep 3 </dev/null >/dev/null 2>&1 & wait $! ;;
  crash) kill -SEGV $$ ;;
  memory) ${change('memoryMiB', '8')} ;;
  time) ${change('timeoutS', '0.005')} ;;
esac
exec '${REAL_TRAINER}' "$@"
`;
  }
}
