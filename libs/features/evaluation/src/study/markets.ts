import type { Bar, SeriesSnapshot } from '@tidemark/market-data/read';
import { BAR_WIDTH } from '@tidemark/market-data/read';
import { below, normal, seeded, studentVariance, type Random } from './random.js';

/** A simulated market and the part of its law that forecasts are judged by. */
export interface Market {
  readonly bars: readonly Bar[];
  /** Variance of the log return of the bar after each, given what was known at its close. */
  readonly nextVariance: Float64Array;
}

/** A day that happened: its moves from the close before it. */
interface Day {
  readonly close: number;
  readonly high: number;
  readonly low: number;
  readonly volume: number;
}

interface Garch {
  /** Standard deviation of a bar's log return, in the long run. */
  readonly deviation: number;
  readonly alpha: number;
  readonly beta: number;
  /** Degrees of freedom of the innovations; default normal. */
  readonly student?: number;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1975, 0, 1);
const FIRST_CLOSE = 100;
/** Steps of a day's path, from which its high and low come. */
const STEPS = 12;
/** Standard deviation of a bar in the market with momentum. */
const MOMENTUM_DEVIATION = 0.01;
/** Bars that its signal looks back over: the feature `ret_20`. */
const MOMENTUM_BARS = 20;

/** Ordinary volatility clustering with fat tails and no drift: the sign of a return cannot be predicted. */
export const QUIET: Garch = { deviation: 0.011, alpha: 0.08, beta: 0.905, student: 6 };
/** Before the break shocks are short; after it they last, and the market is wilder. */
const SHORT_SHOCKS: Garch = { deviation: 0.009, alpha: 0.4, beta: 0.3 };
const LONG_SHOCKS: Garch = { deviation: 0.025, alpha: 0.04, beta: 0.95 };
/** Mean return in units of its deviation, in the direction of the momentum before the break, against it after. */
const EDGE = 0.3;

export function garchMarket(seed: number, count: number): Market {
  return garch(seed, count, () => QUIET);
}

/** Volatility that follows another law from bar `at` on. */
export function volatilityBreak(seed: number, count: number, at: number): Market {
  return garch(seed, count, (bar) => (bar < at ? SHORT_SHOCKS : LONG_SHOCKS));
}

/** GARCH(1, 1): Bollerslev (1986), with the parameters of each bar. */
function garch(seed: number, count: number, lawOf: (bar: number) => Garch): Market {
  const random = seeded(seed);
  const nextVariance = new Float64Array(count);
  let variance = lawOf(0).deviation ** 2;
  const days = Array.from({ length: count }, (_, bar) => {
    const { student } = lawOf(bar);
    const scale = student === undefined ? 1 : studentVariance(random, student);
    const day = path(random, Math.sqrt(variance * scale), 0);
    const { deviation, alpha, beta } = lawOf(bar + 1);
    variance = deviation ** 2 * (1 - alpha - beta) + alpha * day.close ** 2 + beta * variance;
    nextVariance[bar] = variance;
    return day;
  });
  return { bars: toBars(days), nextVariance };
}

/** Returns that follow the momentum known two bars earlier, and from bar `at` on go against it. */
export function directionBreak(seed: number, count: number, at: number): Market {
  const random = seeded(seed);
  const prices = [0];
  const days = Array.from({ length: count }, (_, bar) => {
    const before = prices[bar - 2 - MOMENTUM_BARS];
    const momentum = before === undefined ? 0 : Math.sign(prices[bar - 2]! - before);
    const drift = MOMENTUM_DEVIATION * momentum * (bar < at ? EDGE : -EDGE);
    const day = path(random, MOMENTUM_DEVIATION, drift);
    prices.push(prices[bar]! + day.close);
    return day;
  });
  return { bars: toBars(days), nextVariance: new Float64Array(count).fill(MOMENTUM_DEVIATION ** 2) };
}

/** Days of a real series drawn at random with replacement: its returns, ranges and volumes without any order. */
export function resampledMarket(seed: number, count: number, { bars, rows }: SeriesSnapshot): Market {
  const random = seeded(seed);
  const real = Array.from({ length: rows - 1 }, (_, row) => dayOf(bars, row + 1));
  const days = Array.from({ length: count }, () => real[below(random, real.length)]!);
  const variance = real.reduce((sum, { close }) => sum + close ** 2, 0) / real.length;
  return { bars: toBars(days), nextVariance: new Float64Array(count).fill(variance) };
}

function dayOf(bars: Float64Array, row: number): Day {
  const [, , high, low, close, volume] = bars.subarray(row * BAR_WIDTH, (row + 1) * BAR_WIDTH);
  const before = bars[(row - 1) * BAR_WIDTH + 4]!;
  return {
    close: Math.log(close! / before),
    high: Math.log(high! / before),
    low: Math.log(low! / before),
    volume: volume!,
  };
}

/** A day as a random walk of normal steps. */
function path(random: Random, deviation: number, drift: number): Day {
  const step = deviation / Math.sqrt(STEPS);
  let [close, high, low] = [0, 0, 0];
  for (let each = 0; each < STEPS; each += 1) {
    close += drift / STEPS + step * normal(random);
    high = Math.max(high, close);
    low = Math.min(low, close);
  }
  return { close, high, low, volume: Math.round(1e6 * Math.exp(0.3 * normal(random))) };
}

/** Event time of a bar of any simulated market. */
export function eventTimeOf(bar: number): Date {
  let time = FIRST_DAY;
  for (let each = 0; each < bar; each += 1) time = nextWeekday(time);
  return new Date(time);
}

/** One bar a weekday, each opened where the one before closed. */
function toBars(days: readonly Day[]): Bar[] {
  let open = FIRST_CLOSE;
  let time = FIRST_DAY;
  return days.map((day) => {
    const close = open * Math.exp(day.close);
    const high = Math.max(open, close, open * Math.exp(day.high));
    const low = Math.min(open, close, open * Math.exp(day.low));
    const bar = { eventTime: new Date(time), open, high, low, close, volume: day.volume };
    open = close;
    time = nextWeekday(time);
    return bar;
  });
}

function nextWeekday(time: number): number {
  let next = time + DAY_MS;
  while ([0, 6].includes(new Date(next).getUTCDay())) next += DAY_MS;
  return next;
}
