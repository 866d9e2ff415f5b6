import { describe, expect, it } from '@jest/globals';
import { isInRange } from './node-range.js';

const RANGE = '^20.19.0 || ^22.13.0 || >=24.11.0';

describe('isInRange', () => {
  it.each([
    ['20.18.9', false],
    ['20.19.0', true],
    ['21.99.0', false],
    ['22.12.9', false],
    ['22.13.1', true],
    ['24.10.0', false],
    ['24.11.0', true],
    ['26.0.0', true],
  ])('says for %s: %p', (version, expected) => expect(isInRange(version, RANGE)).toBe(expected));
});
