import { describe, expect, it } from '@jest/globals';
import { largestDifference } from './parity.js';

const difference = (actual: number, expected: number): number =>
  largestDifference(Float64Array.of(actual), Float64Array.of(expected));

describe('largestDifference', () => {
  it.each([
    ['equal numbers', 0.25, 0.25, 0],
    ['zeros of either sign', 0, -0, 0],
    ['NaN against NaN', Number.NaN, Number.NaN, 0],
    ['infinities alike', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0],
    ['NaN against a number', Number.NaN, 1, Number.POSITIVE_INFINITY],
    ['a number against NaN', 1, Number.NaN, Number.POSITIVE_INFINITY],
    ['infinity against a number', Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY],
    ['opposite signs', 1, -1, 2],
    ['something against zero', 1e-300, 0, 1],
    ['one part in four', 3, 4, 0.25],
  ])('of %s', (_what, actual, expected, result) => {
    expect(difference(actual, expected)).toBe(result);
  });

  it('is the largest of all', () => {
    expect(largestDifference(Float64Array.of(1, 3, 10), Float64Array.of(1, 4, 10))).toBe(0.25);
  });
});
