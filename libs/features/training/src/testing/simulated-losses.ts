import { lossPerRow } from '@tidemark/native';
import type { PairedLosses } from '../gate-rules.js';

/** Bars from the close at which a position is taken to the first bar of the label, and bars that a label runs over. */
const LAG = 1;
const HORIZON = 5;
/** Chance that a sign of a planted signal changes from one bar to the next. */
const SWITCH = 1 / 20;
/** Persistence of the error in a logarithmic variance forecast. */
const PERSISTENCE = 0.95;

/** Looked up once: a global of a test's context is found slowly. */
const { PI, cos, exp, imul, log, sqrt } = Math;

/** Uniform and normal numbers from a seed: mulberry32 (Tommy Ettinger, 2017) and Box and Muller (1958). */
class Draws {
  private state: number;

  constructor(seed: number) {
    this.state = imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  normal(): number {
    return sqrt(-2 * log(1 - this.uniform())) * cos(2 * PI * this.uniform());
  }

  /** A sign that stays for a while: 1 and −1 equally often. */
  signs(count: number): Float64Array {
    let sign = this.uniform() < 0.5 ? -1 : 1;
    return Float64Array.from({ length: count }, () => (sign = this.uniform() < SWITCH ? -sign : sign));
  }

  /** A stationary AR(1) with the standard deviation `sd`. */
  persistent(count: number, sd: number): Float64Array {
    let value = sd * this.normal();
    const shock = sd * sqrt(1 - PERSISTENCE ** 2);
    return Float64Array.from({ length: count }, () => (value = PERSISTENCE * value + shock * this.normal()));
  }
}

/** Up or down over the next bars: labels that overlap. A bar's return follows the sign two bars before by `edge` sd. */
function labelsOf(draws: Draws, signs: Float64Array, edge: number): Float64Array {
  const returns = Float64Array.from({ length: signs.length + LAG + HORIZON }, (_, bar) => {
    return edge * (signs[bar - LAG - 1] ?? 0) + draws.normal();
  });
  return signs.map((_, bar) => {
    const window = returns.subarray(bar + LAG + 1, bar + LAG + 1 + HORIZON);
    return window.reduce((sum, value) => sum + value, 0) > 0 ? 1 : 0;
  });
}

export interface DirectionWorld {
  readonly seed: number;
  readonly bars: number;
  /** Mean of a bar's return in standard deviations, in the direction of the candidate's sign. 0: labels without a signal. */
  readonly edge?: number;
  /** What the forecasts add to ½, or take away from it, by the sign of each. */
  readonly candidate: number;
  readonly incumbent: number;
  /** The incumbent follows the candidate's sign too, rather than one of its own. */
  readonly sameSign?: boolean;
}

/** Log losses of two forecasts of overlapping labels. */
export function directionLosses(world: DirectionWorld): PairedLosses {
  const { seed, bars, edge = 0, candidate, incumbent, sameSign = false } = world;
  const draws = new Draws(seed);
  const signs = draws.signs(bars);
  const others = sameSign ? signs : draws.signs(bars);
  const truth = labelsOf(draws, signs, edge);
  const losses = (by: Float64Array, size: number): Float64Array =>
    lossPerRow(
      'log_loss',
      by.map((sign) => 0.5 + size * sign),
      truth,
    );
  return { candidate: losses(signs, candidate), incumbent: losses(others, incumbent), horizon: HORIZON };
}

export interface VolatilityWorld {
  readonly seed: number;
  readonly bars: number;
  /** Standard deviation of the error in each forecast of the logarithmic variance. */
  readonly candidate: number;
  readonly incumbent: number;
}

/** QLIKE of two forecasts of clustered variances; returns are normal given the variance. */
export function volatilityLosses({ seed, bars, candidate, incumbent }: VolatilityWorld): PairedLosses {
  const draws = new Draws(seed);
  const logVariance = draws.persistent(bars, 0.8).map((value) => value - 9);
  const truth = logVariance.map((value) => exp(value) * draws.normal() ** 2);
  const losses = (sd: number): Float64Array => {
    const errors = draws.persistent(bars, sd);
    return lossPerRow(
      'qlike',
      logVariance.map((value, bar) => exp((value + errors[bar]!) / 2)),
      truth,
    );
  };
  return { candidate: losses(candidate), incumbent: losses(incumbent), horizon: 1 };
}
