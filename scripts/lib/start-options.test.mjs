import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupFailure } from './failure.mjs';
import { parseStartOptions } from './start-options.mjs';

test('has defaults that run everything', () =>
  assert.deepEqual(parseStartOptions([], '/home'), {
    help: false,
    port: undefined,
    dataDir: undefined,
    fresh: false,
    yes: false,
    mainJob: true,
  }));

test('resolves a folder where it was typed', () => {
  assert.equal(parseStartOptions(['--data-dir', 'd'], '/home').dataDir, '/home/d');
  assert.equal(parseStartOptions(['--data-dir=/d'], '/home').dataDir, '/d');
});

test('refuses unknown flags and bad ports with the usage', () => {
  for (const args of [['--ports', '1'], ['stray'], ['--port'], ['--port', 'x'], ['--port', '70000'], ['--port', '1.5']])
    assert.throws(() => parseStartOptions(args, '/'), SetupFailure, args.join(' '));
});
