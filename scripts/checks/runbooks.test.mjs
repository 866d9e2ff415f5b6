import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './runbooks.mjs';

const CONTRACT = { 'libs/contracts/src/decisions.ts': "monitor: z.enum(['loss', 'skew'])," };
const INDEX = { 'docs/runbooks/README.md': '[l](loss.md) [s](skew.md)' };
const PAGES = { 'docs/runbooks/loss.md': '# L', 'docs/runbooks/skew.md': '# S' };
const problemsOf = (files) => withRepo(files, check);

test('accepts a page for every monitor, all of them in the index', () =>
  assert.deepEqual(problemsOf({ ...CONTRACT, ...INDEX, ...PAGES }), []));

test('refuses a monitor without a page, a page without a monitor, and a page the index does not name', () => {
  const fewer = { 'docs/runbooks/loss.md': '# L' };
  assert.match(problemsOf({ ...CONTRACT, ...INDEX, ...fewer })[0], /the monitor skew has no runbook/);
  assert.match(
    problemsOf({ ...CONTRACT, ...INDEX, ...PAGES, 'docs/runbooks/other.md': '' })[0],
    /no monitor of that name/,
  );
  assert.match(problemsOf({ ...CONTRACT, ...PAGES })[0], /does not name/);
});

test('notices when the list of monitors has moved', () =>
  assert.match(problemsOf({ 'libs/contracts/src/decisions.ts': '' })[0], /was not found/));
