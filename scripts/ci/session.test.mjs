import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Session } from './session.mjs';

const PROGRAM = `process.on('SIGINT', () => process.exit(7)); setInterval(() => 0, 1000); console.log('ready now')`;

test('waits for a line, interrupts, and gives the exit status', async () => {
  const session = new Session(tmpdir(), process.execPath, ['-e', PROGRAM]);
  await session.says('ready', 10_000);
  assert.equal(session.isOver(), false);
  assert.equal(await session.interruptGroup(), 7);
  assert.equal(session.isOver(), true);
  assert.equal(session.text, 'ready now');
});

test('fails when the command ends before it said the line, and when it never says it', async () => {
  const short = new Session(tmpdir(), process.execPath, ['-e', '0']);
  await assert.rejects(short.says('ready', 10_000), /ended with 0 too early/);
  const silent = new Session(tmpdir(), process.execPath, ['-e', PROGRAM]);
  await assert.rejects(silent.says('never', 300), /no "never" within 0.3 s/);
  await silent.interruptProcess();
});
