import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema } from '@tidemark/contracts';
import { IngestService } from '@tidemark/market-data';
import { plantedBars } from '@tidemark/testing';
import { ReplayBench } from './testing/replay-bench.js';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);
const TIMELINE = 'control';
/** The last ten of 3,000 bars; at the fifth of them the policy asks for its one training. */
const SPAN = { from: '2008-03-09', to: '2008-03-18' } as const;
const POLICY = policySchema.parse({
  name: 'control',
  triggers: [{ kind: 'calendar', everyBars: 5 }],
  minGapBars: 5,
  once: true,
  budget: { fitsPerReplay: 1 },
});

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
 * Does the gate let a real signal through and keep luck out? By the whole loop: each market is replayed, the policy asks
 * for a training at a slot, the real trainer fits, and what the gate says of it is promoted or refused. The signal: the mean
 * return of a bar is 0.3 of its standard deviation, in the direction of the 20-bar momentum known two bars earlier. The
 * world without signal has the same returns in another order: every return is independent of what came before it, so
 * labels and features have nothing to do with each other, while base rate and overlap of labels stay.
 */
describe('positive control of the gate', () => {
  let bench: ReplayBench;

  beforeAll(async () => {
    const agents = SEEDS.flatMap((seed) => [agentOf('planted', seed), agentOf('shuffled', seed)]);
    bench = await ReplayBench.open(agents);
  }, 60_000);
  afterAll(() => bench.close());

  async function isPromoted(world: World, seed: number): Promise<boolean> {
    const agent = `${world}_${seed}`;
    const bars = plantedBars({ seed, shuffled: world === 'shuffled' });
    await bench.app.get(IngestService).store(agent, bars, { source: 'test', knownAfterHours: 24 });
    const { result } = await bench.replay({ agent, timeline: TIMELINE, ...SPAN, policy: POLICY });
    expect(result).toMatchObject({ bars: 10, fits: 1, rollbacks: 0 });
    const { promotions, refusals } = result as Record<string, number>;
    expect(promotions! + refusals!).toBe(1);
    return promotions === 1;
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
