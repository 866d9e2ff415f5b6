import { describe, expect, it } from '@jest/globals';
import { linearScale, logScale, timeScale } from './scale.js';

const labels = ({ ticks }: { ticks: readonly { label: string }[] }): string[] => ticks.map(({ label }) => label);
const time = (text: string): number => Date.parse(`${text}T00:00:00Z`);

describe('a time axis', () => {
  it.each([
    ['2004-01-02', '2020-04-17', ['2006', '2008', '2010', '2012', '2014', '2016', '2018', '2020']],
    ['2004-01-01', '2008-01-01', ['2004', '2005', '2006', '2007', '2008']],
    ['2004-01-02', '2004-07-15', ['2004-02', '2004-03', '2004-04', '2004-05', '2004-06', '2004-07']],
  ])('from %s to %s', (from, to, expected) => {
    expect(labels(timeScale(time(from), time(to), [0, 100]))).toEqual(expected);
  });

  it('takes a single instant', () => {
    const scale = timeScale(time('2004-01-02'), time('2004-01-02'), [0, 100]);
    expect(scale.at(time('2004-01-02'))).toBe(0);
  });
});

describe('a linear axis', () => {
  it.each([
    [0, 1, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [-15.6, 8.8, ['-20', '-15', '-10', '-5', '0', '5', '10']],
    [0, 0, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [-0.0021, 0.0007, ['-0.0025', '-0.0020', '-0.0015', '-0.0010', '-0.0005', '0.0000', '0.0005', '0.0010']],
  ])('from %f to %f has round labels', (low, high, expected) => {
    expect(labels(linearScale(low, high, [0, 100]))).toEqual(expected);
  });

  it('holds its values', () => {
    const scale = linearScale(-3, 17, [300, 20]);
    expect(scale.at(-3)).toBeLessThanOrEqual(300);
    expect(scale.at(17)).toBeGreaterThanOrEqual(20);
  });
});

describe('a logarithmic axis', () => {
  it('gives equal growth equal distance', () => {
    const scale = logScale(0.5, 4, [0, 300]);
    expect(scale.at(2) - scale.at(1)).toBeCloseTo(scale.at(4) - scale.at(2), 9);
    expect(labels(scale)).toEqual(['0.5', '0.6', '0.8', '1', '1.5', '2', '3', '4']);
  });

  it.each([
    [0.98, 1.01],
    [1, 1],
    [0.01, 90],
  ])('has labels from %f to %f', (low, high) => {
    expect(labels(logScale(low, high, [0, 300])).length).toBeGreaterThanOrEqual(1);
  });
});
