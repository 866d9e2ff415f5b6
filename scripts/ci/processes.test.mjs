import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processesOf } from './processes.mjs';

const options = { skip: process.platform === 'linux' ? false : 'reads /proc, which only Linux has' };

test(
  'finds a process by the folder it works in or was started from, and no longer once it ended',
  options,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-processes-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    assert.deepEqual(processesOf(folder), []);
    const sleepers = [
      spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { cwd: folder }),
      spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', join(folder, 'argument')]),
    ];
    await Promise.all(sleepers.map((sleeper) => once(sleeper, 'spawn')));
    const found = processesOf(folder).map((line) => Number(line.split(' ')[0]));
    assert.deepEqual(found.sort(), sleepers.map(({ pid }) => pid).sort());
    for (const sleeper of sleepers) {
      sleeper.kill('SIGKILL');
      await once(sleeper, 'exit');
    }
    assert.deepEqual(processesOf(folder), []);
  },
);
