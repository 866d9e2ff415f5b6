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
