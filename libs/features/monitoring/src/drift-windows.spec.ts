import { describe, expect, it } from '@jest/globals';
import { pastRows, windowsAt } from './drift-windows.js';

const sizes = { windowBars: 10, referenceBars: 25 };

describe('windows of a row', () => {
  it.each([
    [39, undefined],
    [40, [6, 31, 31, 41]],
    [45, [6, 31, 36, 46]],
    [49, [6, 31, 40, 50]],
    [50, [16, 41, 41, 51]],
  ])('of row %d', (row, expected) => {
    const found = windowsAt(row, sizes);
    const numbers = found && [found.referenceFrom, found.referenceTo, found.currentFrom, found.currentTo];
    expect(numbers).toEqual(expected);
  });

  it('have a reference that is frozen within a block, disjoint from the window, and as far away in every block', () => {
    for (let row = 40; row < 200; row += 1) {
      const pair = windowsAt(row, sizes)!;
      expect(pair.referenceTo - pair.referenceFrom).toBe(25);
      expect(pair.currentTo - pair.currentFrom).toBe(10);
      expect(pair.currentFrom - pair.referenceTo).toBe(row % 10);
      if (row % 10 > 0) expect(pair.referenceTo).toBe(windowsAt(row - 1, sizes)!.referenceTo);
    }
  });

  it('are compared with earlier rows of the same phase that have both windows', () => {
    expect(pastRows(40, sizes)).toEqual([]);
    expect(pastRows(77, sizes)).toEqual([67, 57, 47]);
  });
});
