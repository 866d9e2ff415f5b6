import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './focused-tests.mjs';
import { withRepo } from './lib/repo.mjs';

const problemsOf = (file, text) => withRepo({ [file]: text }, check);

test('refuses focused tests', () => {
  for (const text of ["it.only('a', f)", "describe.only('a', f)", "fit('a', f)"])
    assert.match(problemsOf('a.spec.ts', text)[0], /^a\.spec\.ts:1: a focused test/);
});

test('does not mistake a method for one', () => assert.deepEqual(problemsOf('a.spec.ts', 'await training.fit(1)'), []));

test('wants a reason for a skipped test', () => {
  assert.match(problemsOf('a.int-spec.ts', "\nit.skip('a', f)")[0], /^a\.int-spec\.ts:2: a skipped test/);
  assert.match(problemsOf('a.spec.ts', "(root ? it.skip : it)('a', f)")[0], /skipped/);
  assert.deepEqual(problemsOf('a.spec.ts', "// skipped: root may read everything\nit.skip('a', f)"), []);
});

test('wants a reason for an ignored Rust test', () => {
  assert.match(problemsOf('a.rs', '#[ignore]\nfn a() {}')[0], /ignore/);
  assert.deepEqual(problemsOf('a.rs', '#[ignore = "two minutes"]\nfn a() {}'), []);
});

test('leaves other files alone', () => assert.deepEqual(problemsOf('a.ts', 'it.only()'), []));
