import { IngestService } from '@tidemark/market-data';
import { plantedBars, type PlantedMarket, type TestBar } from '@tidemark/testing';
import type { JobBench } from './job-bench.js';

/** First bar of the sealed span: bar 3,000 of a planted market. */
export const SEALED_FROM = '2008-03-19';
export const SEALED_BARS = 200;

/** A direction agent on a series of its own that is fed by the test. */
export function plantedAgent(
  agent: string,
  overrides: Readonly<Record<string, unknown>> = {},
): { agent: string } & Record<string, unknown> {
  return {
    agent,
    description: 'An agent on a market with a planted signal.',
    task: 'direction',
    source: { series: agent, kind: 'api' },
    label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
    baseline: 'base_rate',
    families: ['logistic'],
    sealedFrom: SEALED_FROM,
    ...overrides,
  };
}

/** Stores the market's bars as history of the series. */
export async function storePlanted(
  bench: JobBench,
  series: string,
  market: Partial<PlantedMarket> = {},
): Promise<TestBar[]> {
  const bars = plantedBars({ seed: 2, bars: 3_000 + SEALED_BARS, ...market });
  await bench.app.get(IngestService).store(series, bars, { source: 'test', knownAfterHours: 24 });
  return bars;
}
