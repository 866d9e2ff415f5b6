import { agentSchema, type Agent } from '@tidemark/contracts';

/** A valid direction agent on a series fed through the api; override what the test is about. */
export function buildAgent(overrides: Record<string, unknown> = {}): Agent {
  return agentSchema.parse({
    agent: 'test_agent',
    description: 'An agent made by a test.',
    task: 'direction',
    source: { series: 'test_series', kind: 'api' },
    label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
    baseline: 'base_rate',
    families: ['logistic'],
    sealedFrom: '2017-01-01',
    ...overrides,
  });
}

/** One daily bar per element. */
export interface TestBar {
  readonly eventTime: Date;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const DAY_MS = 86_400_000;
/** Of a packed bar. */
const BAR_NUMBERS = 6;

/** Daily bars of a deterministic random walk: same seed, same bars. */
export function buildBars(count: number, options: { readonly seed?: number; readonly start?: string } = {}): TestBar[] {
  const random = generator(options.seed ?? 1);
  const start = Date.parse(`${options.start ?? '2015-01-01'}T00:00:00.000Z`);
  let previous = 100;
  return Array.from({ length: count }, (_, index) => {
    const close = previous * Math.exp(0.02 * (random() - 0.5));
    const high = Math.max(previous, close) * (1 + 0.005 * random());
    const low = Math.min(previous, close) * (1 - 0.005 * random());
    const bar = {
      eventTime: new Date(start + index * DAY_MS),
      open: previous,
      high,
      low,
      close,
      volume: 1000 + Math.floor(1000 * random()),
    };
    previous = close;
    return bar;
  });
}

/** Bars of a market with a known signal, or of the same market without it. */
export interface PlantedMarket {
  readonly seed: number;
  /** Default 3,000. */
  readonly bars?: number;
  /** Mean return of a bar in units of its standard deviation, in the direction of the signal. Default 0.3. */
  readonly edge?: number;
  /** Gives every return another place, by the seed: same returns, same drift, nothing left to predict them from. */
  readonly shuffled?: boolean;
}

/** Bars that the planted signal looks back over (the feature `ret_20`), and standard deviation of a bar's return. */
const SIGNAL_SPAN = 20;
const SIGNAL_SD = 0.01;

/**
 * Daily bars whose return follows the 20-bar momentum that was known two bars earlier: r[s] = sd · (edge · sign(close[s − 2]
 * − close[s − 22]) + z[s]), z standard normal. That is what a decision at close s − 2, filled at close s − 1, can earn;
 * with an edge of 0.3 the sign of the momentum is right about 73 % of five-bar labels.
 */
export function plantedBars(market: PlantedMarket): TestBar[] {
  const { seed, bars: count = 3_000, edge = 0.3, shuffled = false } = market;
  const random = generator(seed);
  const prices = [0];
  const returns: number[] = [];
  for (let s = 0; s < count; s += 1) {
    const first = prices[s - 2 - SIGNAL_SPAN];
    const direction = first === undefined ? 0 : Math.sign(prices[s - 2]! - first);
    const step = SIGNAL_SD * (edge * direction + normal(random));
    returns.push(step);
    prices.push(prices[s]! + step);
  }
  return barsFromReturns(shuffled ? shuffle(returns, random) : returns, random);
}

function barsFromReturns(returns: readonly number[], random: () => number): TestBar[] {
  const start = Date.parse('2000-01-01T00:00:00.000Z');
  const overshoot = (): number => Math.exp((SIGNAL_SD / 2) * Math.abs(normal(random)));
  let previous = 100;
  return returns.map((logReturn, index) => {
    const open = previous;
    const close = open * Math.exp(logReturn);
    previous = close;
    return {
      eventTime: new Date(start + index * DAY_MS),
      open,
      high: Math.max(open, close) * overshoot(),
      low: Math.min(open, close) / overshoot(),
      close,
      volume: Math.round(1e6 * Math.exp(0.3 * normal(random))),
    };
  });
}

/** Fisher and Yates. */
function shuffle(values: readonly number[], random: () => number): number[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}

/** Standard normal: Box and Muller, 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Bars row by row as the addon takes them: time in ms, open, high, low, close, volume. */
export function packBars(bars: readonly TestBar[]): Float64Array {
  const packed = new Float64Array(bars.length * BAR_NUMBERS);
  bars.forEach(({ eventTime, open, high, low, close, volume }, row) =>
    packed.set([eventTime.getTime(), open, high, low, close, volume], row * BAR_NUMBERS),
  );
  return packed;
}

/** A CSV file of bars as an agent's source reads it. */
export function barsCsv(bars: readonly TestBar[]): string {
  const rows = bars.map(({ eventTime, open, high, low, close, volume }) =>
    [eventTime.toISOString().slice(0, 10), open, high, low, close, volume].join(','),
  );
  return `date,open,high,low,close,volume\n${rows.join('\n')}\n`;
}

/** Uniform numbers in [0, 1): mulberry32 (Tommy Ettinger, 2017), ample for test data. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sizes with which a training takes a few hundred bars and less than a second. */
export const SMALL_VALIDATION = {
  folds: 1,
  testBars: 200,
  earlyStoppingBars: 60,
  calibrationBars: 60,
  gateBars: 60,
  embargoBars: 5,
  minEffectiveSamples: 20,
};
