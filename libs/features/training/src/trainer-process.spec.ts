import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainerEvent } from '@tidemark/contracts';
import { conflict } from '@tidemark/kernel';
import { eventually } from '@tidemark/testing';
import { runTrainer, type TrainerRun } from './trainer-process.js';

const DONE = `echo '{"event":"done","report":"report.json"}'`;
const failed = (code: string): string => `echo '{"event":"failed","code":"${code}","message":"told so"}'`;

describe('runTrainer', () => {
  let folder: string;
  let count = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-trainer-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A shell script in the trainer's place. */
  function trainerOf(script: string): string {
    count += 1;
    const path = join(folder, `trainer-${count}`);
    writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  interface Outcome {
    readonly events: TrainerEvent[];
    readonly error?: unknown;
    readonly ms: number;
  }

  async function run(script: string, options: Partial<TrainerRun> = {}): Promise<Outcome> {
    const events: TrainerEvent[] = [];
    const began = performance.now();
    const ended = (error?: unknown): Outcome => ({ events, error, ms: performance.now() - began });
    const request: TrainerRun = {
      trainer: trainerOf(script),
      job: { outputDir: folder, limits: { memoryMiB: 64, timeoutS: 60 }, family: 'logistic' },
      name: 'logistic',
      signal: new AbortController().signal,
      onEvent: async (event) => void events.push(event),
      ...options,
    };
    return runTrainer(request).then(() => ended(), ended);
  }

  it('writes the job where the trainer finds it', async () => {
    const { error } = await run(`cp "$1" "${folder}/seen.json"; ${DONE}`);
    expect(error).toBeUndefined();
    expect(JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8'))).toMatchObject({ family: 'logistic' });
  });

  it('passes events on in order, one after the other, and what is not an event as a warning', async () => {
    const lines = [
      `echo '{"event":"progress","fraction":0.5,"message":"half"}'`,
      'echo hello there',
      `echo '{"event":"progress","fraction":"much"}'`,
      `echo '{"event":"metric","key":"fold.loss","value":0.7,"step":1}'`,
      DONE,
    ];
    const order: string[] = [];
    const onEvent = async (event: TrainerEvent): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(event.event === 'log' ? event.message : event.event);
    };
    const { error } = await run(lines.join('\n'), { onEvent });
    expect(error).toBeUndefined();
    expect(order).toEqual([
      'progress',
      'not an event: hello there',
      'not an event: {"event":"progress","fraction":"much"}',
      'metric',
      'done',
    ]);
  });

  it.each([
    ['INVALID_JOB', 2, 'caller'],
    ['INVALID_DATA', 2, 'caller'],
    ['INSUFFICIENT_DATA', 3, 'caller'],
    ['TIME_LIMIT', 5, 'caller'],
    ['MEMORY_LIMIT', 6, 'caller'],
    // Nobody here asked for it: a signal from outside, worth another attempt.
    ['CANCELLED', 4, 'operational'],
    ['INTERNAL', 70, 'defect'],
    ['SOMETHING_NEW', 9, 'defect'],
  ])('failed{%s} with status %i is a %s error', async (code, status, family) => {
    const { error } = await run(`${failed(code)}; exit ${status}`);
    expect(error).toMatchObject({ code: `TRAINING_${code}`, family, message: 'told so' });
  });

  it('reports a crash without a word with the end of standard error, as worth another attempt', async () => {
    const killed = await run('echo out of luck >&2; kill -KILL $$');
    expect(killed.error).toMatchObject({ code: 'TRAINING_CRASHED', family: 'operational' });
    expect((killed.error as Error).message).toMatch(/SIGKILL.*out of luck/s);
    expect((await run('exit 77')).error).toMatchObject({ code: 'TRAINING_CRASHED' });
  });

  it('does not take silence or a failed event with status 0 for success', async () => {
    expect((await run('exit 0')).error).toMatchObject({ code: 'TRAINER_CONTRACT_BROKEN', family: 'defect' });
    expect((await run(failed('INVALID_DATA'))).error).toMatchObject({ code: 'TRAINING_INVALID_DATA' });
  });

  it('says where a missing trainer was looked for, and that one cannot be run', async () => {
    const missing = await run('', { trainer: join(folder, 'absent') });
    expect(missing.error).toMatchObject({ code: 'TRAINER_MISSING', family: 'caller' });
    const notExecutable = join(folder, 'plain-file');
    writeFileSync(notExecutable, '');
    expect((await run('', { trainer: notExecutable })).error).toMatchObject({ code: 'TRAINER_NOT_STARTED' });
  });

  it('ends the trainer when aborted, within two seconds, and rejects with the reason', async () => {
    const controller = new AbortController();
    const pidFile = join(folder, 'aborted.pid');
    const running = run(`echo $$ > "${pidFile}"; exec sleep 30`, { signal: controller.signal });
    const pid = await eventually(() => existsSync(pidFile) && (Number(readFileSync(pidFile, 'utf8')) || undefined));
    const reason = conflict('JOB_CANCELLED', 'cancelled');
    controller.abort(reason);
    const { error, ms } = await running;
    expect(error).toBe(reason);
    expect(ms).toBeLessThan(2_000);
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it('kills a trainer that ignores the stop', async () => {
    const controller = new AbortController();
    const script = `trap '' TERM\necho '{"event":"progress","fraction":0,"message":"deaf"}'\nwhile :; do sleep 0.1; done`;
    const onEvent = async (): Promise<void> => controller.abort(conflict('JOB_CANCELLED', 'cancelled'));
    const { error, ms } = await run(script, { signal: controller.signal, onEvent });
    expect(error).toMatchObject({ code: 'JOB_CANCELLED' });
    expect(ms).toBeGreaterThan(1_900);
    expect(ms).toBeLessThan(5_000);
  });

  it('does not start a trainer for an attempt that is over', async () => {
    const { error, events } = await run(DONE, { signal: AbortSignal.abort(conflict('JOB_CANCELLED', 'cancelled')) });
    expect(error).toMatchObject({ code: 'JOB_CANCELLED' });
    expect(events).toEqual([]);
  });

  it('ends a trainer that ignores its own time limit', async () => {
    const job = { outputDir: folder, limits: { memoryMiB: 64, timeoutS: 0.2 } };
    const { error, ms } = await run('exec sleep 30', { job, timeLimitMarginMs: 100 });
    expect(error).toMatchObject({ code: 'TRAINING_TIME_LIMIT', family: 'caller' });
    expect(ms).toBeLessThan(2_500);
  });

  it('stops and fails when an event cannot be taken, and no rejection gets away', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const refusal = conflict('JOB_LEASE_LOST', 'lost');
    const script = `echo '{"event":"progress","fraction":0,"message":"one"}'\nexec sleep 30`;
    const { error, ms } = await run(script, { onEvent: () => Promise.reject(refusal) });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(error).toBe(refusal);
    expect(ms).toBeLessThan(2_500);
    expect(unhandled).toEqual([]);
  });

  it('does not wait for others that hold the trainer’s pipes', async () => {
    const { error, ms } = await run(`sleep 20 &\n${DONE}`);
    expect(error).toBeUndefined();
    expect(ms).toBeLessThan(4_000);
  });
});
