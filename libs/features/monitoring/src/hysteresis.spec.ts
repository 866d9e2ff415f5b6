import { describe, expect, it } from '@jest/globals';
import { IMMEDIATE, SILENT, step, type PhaseState } from './hysteresis.js';

const rule = { enterBars: 3, leaveBars: 2, leaveShare: 0.7 };
const letters = { silent: 's', ok: 'o', pending: 'p', firing: 'f', recovering: 'r' } as const;

/** Phases after each ratio, as letters; `undefined` is a bar without a figure. */
function phases(ratios: readonly (number | undefined)[], hysteresis = rule): string {
  let state: PhaseState = SILENT;
  return ratios.map((ratio) => letters[(state = step(state, ratio, hysteresis)).phase]).join('');
}

describe('the states of an alert', () => {
  it.each([
    ['silent until something can be said', [undefined, undefined, 0.5], 'sso'],
    ['fires after enough bars in a row', [0.5, 1.1, 1.1, 1.1, 1.1], 'oppff'],
    ['starts to count anew after a bar within the limit', [1.1, 1.1, 0.9, 1.1, 1.1, 1.1], 'ppoppf'],
    ['at the limit is within it', [1, 1, 1, 1], 'oooo'],
    ['recovers well below the limit only', [2, 2, 2, 0.9, 0.8, 0.6, 0.6], 'ppfffro'],
    ['falls back while it recovers', [2, 2, 2, 0.6, 0.9, 0.6, 0.6, 0.6], 'ppfrfroo'],
    [
      'a missing figure is neither trouble nor its end',
      [2, 2, undefined, 2, undefined, 0.6, undefined, 0.6],
      'pppffrro',
    ],
    ['infinite is beyond', [Number.POSITIVE_INFINITY, 2, 2], 'ppf'],
    ['a negative ratio is below', [2, 2, 2, -1, -5], 'ppfro'],
  ])('%s', (_name, ratios, expected) => {
    expect(phases(ratios)).toBe(expected);
  });

  it('open and close at one bar where each speaks for itself', () => {
    expect(phases([0, 2, 0, 1, 2, 2, 1], IMMEDIATE)).toBe('ofooffo');
  });
});
