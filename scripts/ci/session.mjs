import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const ENDING_MS = 60_000;

/** A command in a process group of its own, as a terminal gives it; its output is shown and kept. */
export class Session {
  constructor(folder, command, args) {
    this.name = [command, ...args].join(' ');
    this.lines = [];
    this.child = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = new Promise((done, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => done(code ?? signal));
    });
    this.reading = createInterface({ input: this.child.stdout });
    this.reading.on('line', (line) => {
      this.lines.push(line);
      process.stdout.write(`  │ ${line}\n`);
    });
  }

  get text() {
    return this.lines.join('\n');
  }

  /** Waits until a line holds `words`; fails when the command ends before or `limitMs` pass. */
  async says(words, limitMs) {
    const said = new Promise((done) => this.reading.on('line', (line) => line.includes(words) && done()));
    const early = this.ended.then((status) => Promise.reject(new Error(`${this.name} ended with ${status} too early`)));
    await within(limitMs, Promise.race([said, early]), `${this.name}: no "${words}" within ${limitMs / 1000} s`);
  }

  /** Ctrl-C: the whole group hears it. Resolves to the exit status, or to the signal that ended the command. */
  interruptGroup() {
    process.kill(-this.child.pid, 'SIGINT');
    return this.end();
  }

  interruptProcess() {
    this.child.kill('SIGINT');
    return this.end();
  }

  isOver() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  end() {
    return within(ENDING_MS, this.ended, `${this.name} did not end within ${ENDING_MS / 1000} s of SIGINT`);
  }
}

function within(limitMs, work, message) {
  const timer = new AbortController();
  const late = delay(limitMs, undefined, { signal: timer.signal }).then(() => Promise.reject(new Error(message)));
  return Promise.race([work, late]).finally(() => timer.abort());
}
