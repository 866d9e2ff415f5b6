import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './project-tags.mjs';

const FILES = {
  'tsconfig.json': { references: [{ path: 'libs/a' }] },
  'libs/a/package.json': { name: '@tidemark/a', nx: { tags: ['type:util', 'scope:a'] } },
};

const problemsOf = (change) => withRepo({ ...FILES, ...change }, check);
const tagged = (tags) => ({ 'libs/a/package.json': { name: '@tidemark/a', nx: { tags } } });

test('accepts a project with one type and its own scope', () => assert.deepEqual(problemsOf({}), []));

test('refuses an untagged project, an unknown type, two types and a wrong scope', () => {
  assert.equal(problemsOf({ 'libs/a/package.json': { name: '@tidemark/a' } }).length, 2);
  assert.match(problemsOf(tagged(['type:thing', 'scope:a']))[0], /exactly one of/);
  assert.match(problemsOf(tagged(['type:util', 'type:app', 'scope:a']))[0], /exactly one of/);
  assert.match(problemsOf(tagged(['type:util', 'scope:b']))[0], /needs scope:a/);
});

test('refuses a project the root build does not know', () => {
  assert.deepEqual(problemsOf({ 'tsconfig.json': {} }), ['tsconfig.json: add a reference to libs/a']);
});
