import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './projects.mjs';

const files = () => ({
  'tsconfig.json': { references: [{ path: 'libs/a' }, { path: 'libs/b' }] },
  'libs/a/package.json': { name: '@tidemark/a', nx: { tags: ['type:util', 'scope:a'] } },
  'libs/a/tsconfig.json': { references: [] },
  'libs/a/src/index.ts': 'export const a = 1;\n',
  'libs/b/package.json': {
    name: '@tidemark/b',
    dependencies: { '@tidemark/a': '0.1.0' },
    nx: { tags: ['type:platform', 'scope:b'] },
  },
  'libs/b/tsconfig.json': { references: [{ path: '../a' }] },
  'libs/b/src/index.ts': "export { a } from '@tidemark/a';\n",
});

const problemsOf = (change) => withRepo({ ...files(), ...change }, check);

test('accepts tagged projects whose manifests agree', () => assert.deepEqual(problemsOf({}), []));

test('refuses an untagged project, an unknown type and a wrong scope', () => {
  assert.equal(problemsOf({ 'libs/a/package.json': { name: '@tidemark/a' } }).length, 2);
  const odd = { name: '@tidemark/a', nx: { tags: ['type:thing', 'scope:b'] } };
  assert.equal(problemsOf({ 'libs/a/package.json': odd }).length, 2);
});

test('refuses a project the root build does not know', () => {
  const problems = problemsOf({ 'tsconfig.json': { references: [{ path: 'libs/b' }] } });
  assert.deepEqual(problems, ['tsconfig.json: add a reference to libs/a']);
});

test('refuses manifests that disagree with each other', () => {
  assert.match(problemsOf({ 'libs/b/tsconfig.json': {} })[0], /^libs\/b\/tsconfig\.json: add a reference to libs\/a/);
  const extra = problemsOf({ 'libs/a/tsconfig.json': { references: [{ path: '../b' }] } });
  assert.match(extra[0], /^libs\/a\/package\.json: add the dependency on libs\/b/);
});

test('refuses an undeclared import', () => {
  const undeclared = problemsOf({ 'libs/a/src/index.ts': "import('@tidemark/b/read');\n" });
  assert.match(undeclared[0], /add the dependency on @tidemark\/b/);
});
