import { describe, expect, it } from '@jest/globals';
import { shortDuration, shortNumber, shortTime } from './format.js';

describe('formats', () => {
  it.each([
    [0.123456789, '0.123457'],
    [1e-12, '1e-12'],
    [3, '3'],
    [undefined, undefined],
  ])('writes the number %p as %p', (value, text) => expect(shortNumber(value)).toBe(text));

  it.each([
    ['2020-04-17T00:00:00.000Z', '2020-04-17'],
    ['2020-04-17T21:30:05.250Z', '2020-04-17 21:30:05Z'],
    [null, undefined],
  ])('writes the instant %p as %p', (value, text) => expect(shortTime(value)).toBe(text));

  it.each([
    [4, '4 s'],
    [90, '1.5 min'],
    [7_200, '2.0 h'],
    [86_400, '1.0 d'],
    [365.25 * 86_400 * 2, '2.0 y'],
  ])('writes %p seconds as %p', (seconds, text) => expect(shortDuration(seconds)).toBe(text));
});
