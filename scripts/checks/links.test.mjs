import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './links.mjs';

const problemsOf = (markdown) =>
  withRepo({ 'README.md': '# Title\n', 'docs/a.md': markdown, 'docs/b.md': '## Where `x` goes, and why\n' }, check);

test('accepts files, folders, anchors and links elsewhere', () => {
  const good = '[b](b.md) [up](../README.md#title) [adr](./) [w](b.md#where-x-goes-and-why) [x](https://example.org/y)';
  assert.deepEqual(problemsOf(good), []);
});

test('refuses a missing file, a missing heading and a path out of the repository', () => {
  assert.deepEqual(problemsOf('[c](c.md)'), ['docs/a.md: c.md leads nowhere']);
  assert.match(problemsOf('[b](b.md#nope)')[0], /names no heading/);
  assert.match(problemsOf('[out](../../etc)')[0], /leads nowhere/);
});

test('does not read code blocks', () => assert.deepEqual(problemsOf('```\n[c](c.md)\n```\n'), []));
