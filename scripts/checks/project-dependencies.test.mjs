import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './project-dependencies.mjs';

const FILES = {
  'libs/a/package.json': { name: '@tidemark/a' },
  'libs/a/tsconfig.json': {},
  'libs/a/src/index.ts': 'export const a = 1;\n',
  'libs/b/package.json': { name: '@tidemark/b', dependencies: { '@tidemark/a': '0.1.0', yaml: '2.9.1' } },
  'libs/b/tsconfig.json': { references: [{ path: '../a' }] },
  'libs/b/src/index.ts': "export { a } from '@tidemark/a';\n",
};

const problemsOf = (change) => withRepo({ ...FILES, ...change }, check);

test('accepts manifests that agree with each other and with the imports', () => assert.deepEqual(problemsOf({}), []));

test('refuses manifests that disagree with each other', () => {
  assert.match(problemsOf({ 'libs/b/tsconfig.json': {} })[0], /^libs\/b\/tsconfig\.json: add a reference to libs\/a/);
  const extra = problemsOf({ 'libs/a/tsconfig.json': { references: [{ path: '../b' }] } });
  assert.match(extra[0], /^libs\/a\/package\.json: add the dependency on libs\/b/);
});

test('refuses an undeclared import, a dynamic one and that of an entry point too', () => {
  for (const text of ["import { b } from '@tidemark/b';", "await import('@tidemark/b/read');", "import '@tidemark/b';"])
    assert.deepEqual(problemsOf({ 'libs/a/src/index.ts': text }), [
      'libs/a/package.json: add the dependency on @tidemark/b',
    ]);
});
