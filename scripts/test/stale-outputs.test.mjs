import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withRepo } from '../checks/lib/repo.mjs';
import { removeStaleOutputs } from './stale-outputs.mjs';

test('removes outputs whose source is gone and keeps the others', () => {
  const files = {
    'libs/a/src/kept.ts': '',
    'libs/a/dist/kept.js': '',
    'libs/a/dist/.tsbuildinfo': '',
    'libs/features/f/dist/http/gone.spec.js': '',
    'libs/features/f/dist/http/gone.spec.js.map': '',
    'libs/features/f/dist/http/gone.spec.d.ts': '',
  };
  withRepo(files, (root) => {
    assert.deepEqual(removeStaleOutputs(root), ['libs/features/f/dist/http/gone.spec.js']);
    assert.ok(existsSync(join(root, 'libs/a/dist/kept.js')));
    assert.ok(existsSync(join(root, 'libs/a/dist/.tsbuildinfo')));
    assert.ok(!existsSync(join(root, 'libs/features/f/dist/http/gone.spec.d.ts')));
  });
});
