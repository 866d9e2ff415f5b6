import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './migrations.mjs';

const FOLDER = 'libs/database/src/migrations';
const problemsOf = (files) => withRepo(files, check);

test('accepts a timestamped verb and noun with the matching class', () => {
  const text = 'export class CreateJobRuns1763700000000 implements MigrationInterface {}';
  assert.deepEqual(
    problemsOf({ [`${FOLDER}/1763700000000-create-job-runs.ts`]: text, [`${FOLDER}/index.ts`]: '' }),
    [],
  );
});

test('refuses other names, other classes and a shared timestamp', () => {
  assert.match(problemsOf({ [`${FOLDER}/create-jobs.ts`]: '' })[0], /name it/);
  assert.match(problemsOf({ [`${FOLDER}/1763700000000-jobs.ts`]: '' })[0], /name it/);
  assert.match(
    problemsOf({ [`${FOLDER}/1763700000000-add-jobs.ts`]: 'export class Jobs {}' })[0],
    /AddJobs1763700000000/,
  );
  const twice = problemsOf({
    [`${FOLDER}/1763700000000-add-a.ts`]: 'export class AddA1763700000000 {}',
    [`${FOLDER}/1763700000000-add-b.ts`]: 'export class AddB1763700000000 {}',
  });
  assert.match(twice[0], /same timestamp/);
});
