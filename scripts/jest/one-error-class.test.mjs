import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import './one-error-class.mjs';

class Own extends Error {}

test('an error of another context is an Error, but not one of ours', () => {
  const foreign = runInNewContext('new TypeError("x")');
  assert.ok(foreign instanceof Error);
  assert.ok(!(foreign instanceof Own));
  assert.ok(!(foreign instanceof TypeError));
});

test('everything else is as before', () => {
  assert.ok(new Own() instanceof Own && new Own() instanceof Error);
  assert.ok(Object.create(Error.prototype) instanceof Error);
  for (const other of [{}, { name: 'Error', message: '' }, undefined, 'Error']) assert.ok(!(other instanceof Error));
});
