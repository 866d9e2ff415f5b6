import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainSkips } from './skips.mjs';

const EXPECTED = [{ matches: /as root$/, reason: 'runs as an ordinary user' }];

test('takes the announced reason, then the test’s own, then says there is none', () => {
  const skipped = [
    { name: 'starts as root', reason: '' },
    { name: 'walks', reason: 'two minutes' },
    { name: 'x', reason: '' },
  ];
  assert.deepEqual(explainSkips(skipped, EXPECTED), [
    { name: 'starts as root', reason: 'runs as an ordinary user', expected: true },
    { name: 'walks', reason: 'two minutes', expected: false },
    { name: 'x', reason: 'no reason given', expected: false },
  ]);
});
