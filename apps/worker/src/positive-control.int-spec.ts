import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IngestService } from '@tidemark/market-data';
import { plantedBars } from '@tidemark/testing';
import { JobBench } from './testing/job-bench.js';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);
const AFTER_THE_LAST_BAR = '2009-01-01T00:00:00Z';

type World = 'planted' | 'shuffled';

function agentOf(world: World, seed: number): { agent: string } & Record<string, unknown> {
  const agent = `${world}_${seed}`;
  return {
    agent,
    description: `A market of 3,000 bars, ${world}, seed ${seed}.`,
    task: 'direction',
    source: { series: agent, kind: 'api' },
    label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
    baseline: 'base_rate',
    families: ['logistic'],
    sealedFrom: '2009-01-01',
  };
}

/**
 * Does the gate let a real signal through and keep luck out? By the real trainer, registry and gate. The signal: the mean
 * return of a bar is 0.3 of its standard deviation, in the direction of the 20-bar momentum known two bars earlier. The
 * world without signal has the same returns in another order: every return is independent of what came before it, so
 * labels and features have nothing to do with each other, while base rate and overlap of labels stay.
 */
describe('positive control of the gate', () => {
  let bench: JobBench;

  beforeAll(async () => {
    const agents = SEEDS.flatMap((seed) => [agentOf('planted', seed), agentOf('shuffled', seed)]);
    bench = await JobBench.open({ agents });
  }, 60_000);
  afterAll(() => bench.close());

  async function isPromoted(world: World, seed: number): Promise<boolean> {
    const agent = `${world}_${seed}`;
    const bars = plantedBars({ seed, shuffled: world === 'shuffled' });
    await bench.app.get(IngestService).store(agent, bars, { source: 'test', knownAfterHours: 24 });
    const { result } = await bench.run({ kind: 'train', payload: { agent, asOf: AFTER_THE_LAST_BAR } });
    expect(result).toMatchObject({ version: '1.0.0', sequence: 2, family: 'logistic' });
    return result['promoted'] === true;
  }

  async function promotions(world: World): Promise<number> {
    let promoted = 0;
    for (const seed of SEEDS) promoted += Number(await isPromoted(world, seed));
    return promoted;
  }

  it('promotes the trained model on a planted signal in at least 16 of 20 seeds', async () => {
    expect(await promotions('planted')).toBeGreaterThanOrEqual(16);
  }, 120_000);

  it('promotes it in at most 3 of 20 seeds where the signal is shuffled away', async () => {
    expect(await promotions('shuffled')).toBeLessThanOrEqual(3);
  }, 120_000);
});
