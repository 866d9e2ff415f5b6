import { describe, expect, it } from '@jest/globals';
import { randomBelow } from './random.js';

describe('randomBelow', () => {
  const draw = (...name: (string | number)[]): number[] => {
    const random = randomBelow(...name);
    return Array.from({ length: 20_000 }, () => random(10));
  };

  it('is the same for the same name and another for another', () => {
    expect(draw('a', 1)).toEqual(draw('a', 1));
    expect(draw('a', 1)).not.toEqual(draw('a', 2));
  });

  it('gives every number its share', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draw('shares')) counts[value]! += 1;
    // Six standard deviations of a binomial count.
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(6 * Math.sqrt(2_000 * 0.9));
  });
});
