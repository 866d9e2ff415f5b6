import { describe, expect, it } from '@jest/globals';
import { SerialTask } from './serial-task.js';

/** A task whose runs the test ends one by one. */
function setUp() {
  const runs: (() => void)[] = [];
  const errors: unknown[] = [];
  const task = new SerialTask(
    () => new Promise((resolve) => runs.push(resolve)),
    (error) => errors.push(error),
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { task, runs, errors, settled };
}

describe('SerialTask', () => {
  it('runs once more after the run under way, however often it was asked meanwhile', async () => {
    const { task, runs, settled } = setUp();
    task.request();
    task.request();
    task.request();
    expect(runs).toHaveLength(1);
    runs[0]?.();
    await settled();
    expect(runs).toHaveLength(2);
    runs[1]?.();
    await settled();
    expect(runs).toHaveLength(2);
    task.request();
    expect(runs).toHaveLength(3);
    runs[2]?.();
  });

  it('goes on after a failure, which it reports', async () => {
    const errors: unknown[] = [];
    let calls = 0;
    const work = async (): Promise<void> => {
      calls += 1;
      if (calls === 1) throw new Error('first');
    };
    const task = new SerialTask(work, (error) => errors.push(error));
    task.request();
    task.request();
    await task.stop();
    task.request();
    expect(errors).toEqual([expect.objectContaining({ message: 'first' })]);
  });

  it('waits for the run under way when it stops, and starts no other', async () => {
    const { task, runs, settled } = setUp();
    task.request();
    task.request();
    let isStopped = false;
    const stopping = task.stop().then(() => {
      isStopped = true;
    });
    await settled();
    expect(isStopped).toBe(false);
    runs[0]?.();
    await stopping;
    task.request();
    expect(runs).toHaveLength(1);
  });
});
