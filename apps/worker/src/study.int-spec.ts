import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { startStudySchema, type Study, type StudyResult } from '@tidemark/contracts';
import { selectRows } from '@tidemark/database';
import { StudyService } from '@tidemark/evaluation';
import { IngestService } from '@tidemark/market-data';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAME = 'studied';
const request = startStudySchema.parse({
  agents: [NAME],
  from: '2003-01-01',
  to: '2003-09-30',
  sizes: {
    draws: 100,
    gridBars: 42,
    starts: 2,
    warmUpBars: 1_100,
    quietBars: 130,
    quietSeeds: 1,
    beforeBreakBars: 130,
    afterBreakBars: 270,
    breakSeeds: 1,
  },
});

describe('study', () => {
  let bench: ReplayBench;
  let done: Study;
  let result: StudyResult;

  const studies = (): StudyService => bench.app.get(StudyService);

  async function queued(): Promise<{ id: string; attempt: number; kind: string }[]> {
    return selectRows(
      bench.database.dataSource,
      `select id, attempt, kind from job_run where state = 'queued' and kind in ('replay', 'study') order by created_at`,
    );
  }

  /** Runs what is queued, and what follows it. */
  async function runAll(): Promise<void> {
    for (let next = await queued(); next.length > 0; next = await queued()) {
      for (const { id, attempt } of next) await bench.attempt(id, attempt + 1);
    }
  }

  beforeAll(async () => {
    const validation = { ...SMALL_VALIDATION, gateBars: 250 };
    const monitors = { loss: { windowBars: 63, minBars: 40 }, hysteresis: { enterBars: 2 } };
    bench = await ReplayBench.open([plantedAgent(NAME, { validation, monitors })]);
    const bars = plantedBars({ seed: 2, bars: 1_400 });
    await bench.app.get(IngestService).store(NAME, bars, { source: 'test', knownAfterHours: 24 });
    expect(await studies().start(request)).toMatchObject({ state: 'running', study: 'study-1', progress: 0 });
    await runAll();
    done = await studies().get();
    result = done.results[0]!;
  }, 240_000);
  afterAll(() => bench.close());

  it('replays the policy, the grid and simulated markets in one chain, and measures them', () => {
    expect(done).toMatchObject({ state: 'succeeded', progress: 1, reports: [`/reports/study-1/${NAME}`] });
    expect(done.jobs.map(({ payload }) => payload['timeline'] ?? payload['part'])).toEqual([
      'worlds',
      'study-1-start-0',
      'study-1-grid',
      'study-1-garch-1',
      'study-1-resampled-1',
      'study-1-break-1',
      'study-1-start-1',
      'report',
    ]);
  });

  it('draws calendars from the fits of the grid', () => {
    const { placebo } = result;
    expect(placebo.gridFits).toBeGreaterThanOrEqual(5);
    expect(placebo.policyLoss).toBeLessThan(placebo.baselineLoss);
    expect(placebo.rows.map(({ of, draws }) => [of, draws])).toEqual([
      ['promotions', 100],
      ['fits', 100],
    ]);
    for (const { low, median, high } of placebo.rows) expect(low <= median && median <= high).toBe(true);
    // The signal is strong: whenever a trained version comes in, it is better than the baseline.
    expect(placebo.rows[1]!.high).toBeLessThan(placebo.baselineLoss);
  });

  it('compares starts on the bars that they have in common', () => {
    const [first, second] = result.starts;
    expect([first!.offset, second!.offset]).toEqual([0, 9]);
    expect(first!.bars - second!.bars).toBe(9);
    expect(first!.loss).toBeCloseTo(result.placebo.policyLoss, 12);
    expect(second!.commonLoss).toBe(second!.loss);
  });

  it('counts what is seen where there is nothing, and by the law of the simulation', () => {
    expect(result.quiet.map(({ world, bars }) => [world, bars])).toEqual([
      ['garch-1', 130],
      ['resampled-1', 130],
    ]);
    for (const { promotions, newRecipes, refits } of result.quiet) {
      for (const { promoted, withoutGain } of [newRecipes, refits]) expect(withoutGain).toBeLessThanOrEqual(promoted);
      expect(newRecipes.promoted + refits.promoted).toBeLessThanOrEqual(promotions);
    }
  });

  it('tells how soon a break is noticed and undone', () => {
    const [row] = result.breaks;
    expect(row).toMatchObject({ world: 'break-1', wasTrained: true });
    expect(row!.barsToAlarm).toBeGreaterThan(0);
    expect(row!.barsToChange).toBeGreaterThanOrEqual(row!.barsToAlarm!);
    expect(row!.barsToRecovery).toBeGreaterThan(row!.barsToHarm!);
  });

  it('writes a report as text and as a page, and a text for a terminal', async () => {
    const folder = join(bench.app.get<AppConfig>(APP_CONFIG).dataDir, 'reports', 'study-1');
    const [markdown, html] = await Promise.all(
      ['md', 'html'].map((form) => readFile(join(folder, `${NAME}.${form}`), 'utf8')),
    );
    for (const text of [markdown!, html!, done.text!]) {
      for (const row of ['7 Placebo', '8 The policy', '9 Markets', '10 A planted break']) expect(text).toContain(row);
    }
    expect(html).toContain('<svg');
  });

  it('is not repeated unless asked; simulated markets are the same the next time', async () => {
    expect((await studies().start(request)).study).toBe('study-1');
    const count = (): Promise<unknown> =>
      selectRows(bench.database.dataSource, `select series, count(*) from bars group by series order by series`);
    const before = await count();
    await studies().start({ ...request, rerun: true });
    const [worlds] = await queued();
    await bench.attempt(worlds!.id, worlds!.attempt + 1);
    expect(await count()).toEqual(before);
    expect(await studies().get()).toMatchObject({ study: 'study-2', state: 'running' });
  });
});
