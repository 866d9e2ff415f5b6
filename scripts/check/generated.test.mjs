import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { makeRepo, readText } from '../checks/lib/repo.mjs';
import { regenerate } from './generated.mjs';

const entries = [
  { file: 'same.txt', make: () => 'same\n' },
  { file: 'docs/other.txt', make: async () => 'new\n' },
  { file: 'docs/missing.txt', make: () => 'new\n' },
];

test('names what differs from its source, and writes it only when told to', async (t) => {
  const root = makeRepo({ 'same.txt': 'same\n', 'docs/other.txt': 'old\n' });
  t.after(() => rmSync(root, { recursive: true, force: true }));
  assert.deepEqual(await regenerate(root, { write: false, entries }), ['docs/other.txt', 'docs/missing.txt']);
  assert.equal(readText(root, 'docs/other.txt'), 'old\n');
  await regenerate(root, { write: true, entries });
  assert.equal(readText(root, 'docs/missing.txt'), 'new\n');
  assert.deepEqual(await regenerate(root, { write: false, entries }), []);
});
