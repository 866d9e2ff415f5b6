import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast, isInRange, parseVersion } from './versions.mjs';

const RANGE = '^20.19.0 || ^22.13.0 || >=24.11.0';

test('finds the version in what programs print', () => {
  assert.deepEqual(parseVersion('rustc 1.95.0 (59807616e 2026-04-14)'), [1, 95, 0]);
  assert.deepEqual(parseVersion('1.92'), [1, 92, 0]);
  assert.equal(parseVersion('unknown'), undefined);
});

test('compares by number, not by text', () => {
  assert.equal(isAtLeast([1, 100, 0], [1, 92, 0]), true);
  assert.equal(isAtLeast([1, 91, 9], [1, 92, 0]), false);
  assert.equal(isAtLeast([1, 92, 0], [1, 92, 0]), true);
});

test('keeps to the majors of the range', () => {
  for (const inside of ['20.19.0', '20.20.2', '22.13.1', '24.11.0', '26.0.0'])
    assert.equal(isInRange(parseVersion(inside), RANGE), true, inside);
  for (const outside of ['18.20.0', '20.18.3', '21.7.0', '22.12.0', '23.5.0', '24.10.0'])
    assert.equal(isInRange(parseVersion(outside), RANGE), false, outside);
});
