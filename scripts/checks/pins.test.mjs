import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './pins.mjs';

const problemsOf = (manifest, packages = {}) =>
  withRepo({ 'package.json': manifest, 'package-lock.json': { packages } }, check);

test('accepts exact versions and references to them', () => {
  const manifest = { dependencies: { a: '1.2.3', b: '18.4.0-beta.17' }, overrides: { c: { a: '$a' }, d: '1.0.0' } };
  assert.deepEqual(problemsOf(manifest), []);
});

test('refuses ranges in every place', () => {
  assert.match(problemsOf({ dependencies: { a: '^1.2.3' } })[0], /a is "\^1\.2\.3"/);
  assert.match(problemsOf({ devDependencies: { a: '1.2' } })[0], /pin it/);
  assert.match(problemsOf({ overrides: { c: { a: '21' } } })[0], /pin it/);
});

test('refuses a lock file that lacks the packages of another platform', () => {
  const packages = { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1.0.0' } } };
  assert.match(problemsOf({}, packages)[0], /a-darwin/);
  assert.deepEqual(problemsOf({}, { ...packages, 'node_modules/a/node_modules/a-darwin': {} }), []);
});
