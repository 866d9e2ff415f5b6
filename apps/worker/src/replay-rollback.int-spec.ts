import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema, type Job } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { SMALL_VALIDATION, plantedBars, type TestBar } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAME = 'broken';
const DAY_MS = 86_400_000;
/** Bars from 2000-01-01 on, one a day; the signal turns round at this one. */
const BREAK = 1_250;
const SPAN = { from: '2002-12-01', to: '2004-02-08' } as const;

/** A market whose momentum becomes its opposite. */
function brokenBars(): TestBar[] {
  const before = plantedBars({ seed: 2, bars: BREAK });
  const last = before.at(-1)!;
  const after = plantedBars({ seed: 4, bars: 400, edge: -0.5 });
  const scale = last.close / after[0]!.open;
  const start = last.eventTime.getTime() + DAY_MS - after[0]!.eventTime.getTime();
  const moved = after.map((bar) => ({
    eventTime: new Date(bar.eventTime.getTime() + start),
    open: bar.open * scale,
    high: bar.high * scale,
    low: bar.low * scale,
    close: bar.close * scale,
    volume: bar.volume,
  }));
  return [...before, ...moved];
}

const policy = policySchema.parse({
  name: 'trusting',
  triggers: [{ kind: 'calendar', everyBars: 150 }],
  gates: { newRecipe: 'none', refit: 'none' },
});

describe('replay over a break', () => {
  let bench: ReplayBench;
  let whole: Job;

  beforeAll(async () => {
    const monitors = { loss: { windowBars: 63, minBars: 40 }, hysteresis: { enterBars: 2 } };
    const sizes = { ...SMALL_VALIDATION, minEffectiveSamples: 100 };
    bench = await ReplayBench.open([plantedAgent(NAME, { validation: sizes, monitors })]);
    await bench.app.get(IngestService).store(NAME, brokenBars(), { source: 'test', knownAfterHours: 24 });
    whole = await bench.replay({ agent: NAME, timeline: 'whole', ...SPAN, policy });
  }, 120_000);
  afterAll(() => bench.close());

  it('puts what served before back, and keeps the loser out until it is released', async () => {
    const result = whole.result as Record<string, number>;
    expect(result['rollbacks']).toBeGreaterThanOrEqual(1);
    const { dataSource } = bench.database;
    const deployments = await selectRows<{ action: string; at: Date }>(
      dataSource,
      `select action, at from model_deployments where timeline_id = 'whole' order by generation`,
    );
    const turned = deployments.find(({ action }) => action === 'rollback')!;
    expect(turned.at > new Date(Date.UTC(2000, 0, 1) + BREAK * DAY_MS)).toBe(true);
    const [latch] = await selectRows<{ latched_at: Date; released_at: Date | null }>(
      dataSource,
      `select latched_at, released_at from version_latches where timeline_id = 'whole'`,
    );
    expect(latch).toEqual({ latched_at: turned.at, released_at: null });
  });

  it('does the same when it is killed around the rollback', async () => {
    const { id } = await bench.queue({ agent: NAME, timeline: 'killed', ...SPAN, policy });
    const first = await bench.attempt(id, 1, (context) => {
      context.onLog = async (line) => void (line.includes(' rollback: ') && context.abort(new Error('killed')));
    });
    expect(first.state).toBe('queued');
    const ended = await bench.attempt(id, 2);
    expect(ended.result).toEqual({ ...whole.result, timeline: 'killed' });
  }, 60_000);
});
