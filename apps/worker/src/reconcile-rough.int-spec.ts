import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema, type Reconciliation } from '@tidemark/contracts';
import { selectOne } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { ReconciliationService } from '@tidemark/reconciliation';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAMES = ['rough', 'windy'] as const;
const BARS = plantedBars({ seed: 5, bars: 1_180 });
const HOUR_MS = 3_600_000;
const at = (index: number, hours = 24): Date => new Date(BARS[index]!.eventTime.getTime() + hours * HOUR_MS);

/** Bars as they come in practice: some at once, some late and at odd hours, some corrected. */
describe('reconciliation of rough data', () => {
  let bench: ReplayBench;

  const reconcile = (agent: string): Promise<Reconciliation> =>
    bench.app.get(ReconciliationService).reconcile({ agent, timeline: 'rough', day: '2003-03-30', bars: 500 });

  async function feed(name: string): Promise<void> {
    await bench.app.get(IngestService).store(name, BARS.slice(0, 1_100), { source: 'test', knownAfterHours: 24 });
    for (let index = 1_100; index < BARS.length; index += 1) {
      const bar = BARS[index]!;
      // Four days together, after a weekend of silence; every third bar in the middle of the day.
      const together = index >= 1_120 && index < 1_124 ? at(1_123, 30) : undefined;
      await bench.post(name, bar, together ?? at(index, index % 3 === 0 ? 37 : 24));
      if (index % 25 === 10) {
        const old = BARS[index - 3]!;
        await bench.post(name, { ...old, high: old.high * 1.2, close: old.close * 1.02 }, at(index, 44));
      }
    }
  }

  beforeAll(async () => {
    const common = { validation: SMALL_VALIDATION, monitors: { loss: { windowBars: 40, minBars: 25 } } };
    const volatility = {
      task: 'volatility',
      label: { kind: 'next_squared_return' },
      baseline: 'ewma',
      families: ['log_har'],
    };
    bench = await ReplayBench.open([
      plantedAgent('rough', common),
      plantedAgent('windy', { ...common, ...volatility }),
    ]);
    const policy = policySchema.parse({
      name: 'often',
      triggers: [{ kind: 'calendar', everyBars: 30 }],
      minGapBars: 20,
      gates: { newRecipe: 'none', refit: 'none' },
    });
    for (const name of NAMES) {
      await feed(name);
      await bench.replay({ agent: name, timeline: 'rough', from: '2003-01-02', to: '2003-03-24', policy });
    }
  }, 120_000);
  afterAll(() => bench.close());

  it.each(NAMES)('finds nothing against %s, and lists what was corrected', async (name) => {
    const { state, firstDifference, differences, restatements, checked } = await reconcile(name);
    expect({ state, firstDifference, differences }).toEqual({
      state: 'ok',
      firstDifference: undefined,
      differences: 0,
    });
    expect(checked.predictions).toBeGreaterThan(75);
    expect(restatements.length).toBeGreaterThanOrEqual(3);
    expect(restatements.some(({ prediction }) => prediction !== undefined)).toBe(true);
    const versions = await selectOne<{ count: number }>(
      bench.database.dataSource,
      `select count(distinct version)::int as count from predictions where agent = $1`,
      [name],
    );
    expect(versions!.count).toBeGreaterThan(1);
  });
});
