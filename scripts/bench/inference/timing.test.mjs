import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logisticModel, treesModel } from './models.mjs';
import { median, percentile, timeCalls } from './timing.mjs';

test('percentiles are nearest ranks', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(sorted, 0.5), 50);
  assert.equal(percentile(sorted, 0.99), 99);
  assert.equal(percentile([7], 0.99), 7);
  assert.equal(median([3, 1, 2]), 2);
});

test('every row is asked for in turn', async () => {
  const seen = [];
  await timeCalls({ score: (row) => seen.push(row) }, ['a', 'b', 'c'], 5);
  assert.deepEqual(seen, ['a', 'b', 'c', 'a', 'b']);
});

test('the same seed gives the same model, another seed another one', () => {
  for (const make of [logisticModel, (seed) => treesModel(seed, 5, 3)]) {
    assert.ok(make(1).equals(make(1)));
    assert.ok(!make(1).equals(make(2)));
  }
});
