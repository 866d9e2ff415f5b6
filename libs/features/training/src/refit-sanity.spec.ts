import { describe, expect, it } from '@jest/globals';
import { sanityOf } from './refit-sanity.js';

const wave = (mean: number, size: number, count = 1_000): Float64Array =>
  Float64Array.from({ length: count }, (_, bar) => mean + size * Math.sin(bar));

describe('sanityOf', () => {
  const reference = wave(0.55, 0.05);

  it('finds nothing wrong with outputs like the serving version’s', () => {
    expect(sanityOf('direction', wave(0.56, 0.04), reference)).toEqual([]);
    expect(sanityOf('volatility', wave(0.01, 0.002), wave(0.011, 0.003))).toEqual([]);
  });

  it.each([
    ['not finite', wave(0.55, 0.04).fill(Number.NaN, 10, 11), 'is not finite'],
    ['one of 1', wave(0.55, 0.04).fill(1, 10, 11), 'does not lie between 0 and 1'],
    ['one of 0', wave(0.55, 0.04).fill(0, 10, 11), 'does not lie between 0 and 1'],
    ['constant', wave(0.55, 0), 'the same probability on every bar'],
    ['all above the band', wave(0.65, 0.01), 'outside the serving version’s'],
    ['all below the band', wave(0.45, 0.01), 'outside the serving version’s'],
  ])('names outputs that are %s', (_what, outputs, problem) => {
    expect(sanityOf('direction', outputs, reference)).toEqual([expect.stringContaining(problem)]);
  });

  it('looks at the mean of the newest 250 bars', () => {
    const moved = Float64Array.from([...wave(0.55, 0.01, 750), ...wave(0.65, 0.01, 250)]);
    expect(sanityOf('direction', moved, reference)).toHaveLength(1);
    expect(sanityOf('direction', moved.reverse(), reference)).toEqual([]);
  });

  it('needs 250 finite outputs of the serving version', () => {
    expect(sanityOf('direction', wave(0.55, 0.04, 249), wave(0.55, 0.05, 249))).toEqual([
      expect.stringContaining('only 249 bars'),
    ]);
    const abstaining = wave(0.55, 0.05).fill(Number.NaN, 0, 751);
    expect(sanityOf('direction', wave(0.55, 0.04), abstaining)).toHaveLength(1);
  });
});
