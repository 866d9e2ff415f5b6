import type { AlarmFacts, Monitors } from '@tidemark/contracts';

export type Phase = AlarmFacts['phase'];
export type Hysteresis = Monitors['hysteresis'];

export interface PhaseState {
  readonly phase: Phase;
  /** Consecutive bars beyond the limit while pending, well below it while recovering; else 0. */
  readonly streak: number;
}

/** Nothing was ever said. */
export const SILENT: PhaseState = { phase: 'silent', streak: 0 };

/** For monitors whose bars say something of their own each: no window joins neighbouring ones. */
export const IMMEDIATE: Hysteresis = { enterBars: 1, leaveBars: 1, leaveShare: 1 };

/**
 * The next state: `silent` until something can be said, then `ok`; `pending` beyond the limit, `firing` after `enterBars`
 * bars of it in a row, `recovering` below `leaveShare` of the limit, `ok` after `leaveBars` bars of it in a row. `ratio` is
 * value over limit. Without one, nothing is known: that is neither trouble nor its end, and changes nothing.
 */
export function step(state: PhaseState, ratio: number | undefined, rule: Hysteresis): PhaseState {
  if (ratio === undefined) return state;
  return isOpen(state.phase) ? stepOpen(state, ratio, rule) : stepClosed(state, ratio, rule);
}

/** An alert stands while a phase is open. */
export function isOpen(phase: Phase): boolean {
  return phase === 'firing' || phase === 'recovering';
}

function stepClosed({ phase, streak }: PhaseState, ratio: number, { enterBars }: Hysteresis): PhaseState {
  if (ratio <= 1) return { phase: 'ok', streak: 0 };
  const beyond = (phase === 'pending' ? streak : 0) + 1;
  return beyond >= enterBars ? { phase: 'firing', streak: 0 } : { phase: 'pending', streak: beyond };
}

function stepOpen({ phase, streak }: PhaseState, ratio: number, rule: Hysteresis): PhaseState {
  const isClear = ratio < rule.leaveShare || (rule.leaveShare === 1 && ratio <= 1);
  if (!isClear) return { phase: 'firing', streak: 0 };
  const clear = (phase === 'recovering' ? streak : 0) + 1;
  return clear >= rule.leaveBars ? { phase: 'ok', streak: 0 } : { phase: 'recovering', streak: clear };
}
