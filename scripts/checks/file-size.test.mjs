import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './file-size.mjs';
import { withRepo } from './lib/repo.mjs';

const lines = (count) => 'x\n'.repeat(count);

test('accepts files up to their cap, and generated ones of any length', () => {
  const files = {
    'libs/a/src/a.ts': lines(400),
    'libs/a/src/a.spec.ts': lines(500),
    'crates/a/src/lib.rs': lines(800),
    'crates/a/src/generated/a.rs': lines(5000),
    'docs/long.md': lines(5000),
  };
  assert.deepEqual(withRepo(files, check), []);
});

test('names every file over its cap', () => {
  const files = {
    'libs/a/src/a.ts': lines(401),
    'libs/a/src/a.int-spec.ts': lines(501),
    'crates/a/src/lib.rs': lines(801),
  };
  assert.deepEqual(
    withRepo(files, check).map((problem) => problem.split(':')[0]),
    ['crates/a/src/lib.rs', 'libs/a/src/a.int-spec.ts', 'libs/a/src/a.ts'],
  );
});
