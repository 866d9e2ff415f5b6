import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from './leftovers.mjs';
import { withRepo } from './lib/repo.mjs';

test('refuses marks for later with file and line', () => {
  const mark = ['TO', 'DO'].join('');
  assert.deepEqual(withRepo({ 'crates/a/src/lib.rs': `fn a() {}\n// ${mark}: b\n` }, check), [
    'crates/a/src/lib.rs:2: finish it or open an issue',
  ]);
  assert.deepEqual(withRepo({ 'libs/a/src/a.ts': "const name = 'todo list';\n" }, check), []);
});

test('refuses placeholder files and empty folders', () => {
  assert.match(withRepo({ 'docs/adr/.gitkeep': '' }, check)[0], /first file/);
  const problems = withRepo({ 'libs/a/src/a.ts': '\n' }, (root) => {
    mkdirSync(join(root, 'libs/a/src/http'));
    return check(root);
  });
  assert.deepEqual(problems, ['libs/a/src/http/: remove the empty folder']);
});
