import { describe, expect, it } from '@jest/globals';
import { studySizesSchema, type BreakRow, type QuietRow, type StudyResult } from '@tidemark/contracts';
import { studyFacts, studySections, type Section } from './study-sections.js';

const START = { loss: 0.69, fits: 4, promotions: 2, refusals: 1, rollbacks: 0, from: '2004-01-02T00:00:00.000Z' };

function quiet(over: Partial<QuietRow> = {}): QuietRow {
  const counts = { fits: 8, promotions: 3, refusals: 5, rollbacks: 1 };
  const promoted = { newRecipes: { promoted: 1, withoutGain: 1 }, refits: { promoted: 2, withoutGain: 1 } };
  const alarms = [
    { kind: 'DRIFT', monitor: 'features', count: 6 },
    { kind: 'PERFORMANCE', monitor: 'loss', count: 2 },
  ];
  return { world: 'garch-1', kind: 'garch', seed: 1, bars: 1_008, years: 4, alarms, ...counts, ...promoted, ...over };
}

function broken(over: Partial<BreakRow> = {}): BreakRow {
  const at = '1982-10-01T00:00:00.000Z';
  return { world: 'break-1', seed: 1, at, servedAtBreak: '1.2.0', wasTrained: true, band: 0, ...over };
}

function study(over: Partial<StudyResult> = {}): StudyResult {
  const drawn = { draws: 1_000, median: 0.692, low: 0.69, high: 0.695, shareAsGood: 0.4 };
  return {
    agent: 'market_insight',
    task: 'direction',
    study: 'study-1',
    loss: 'log_loss',
    policy: 'default',
    span: { from: START.from, to: '2020-04-16T00:00:00.000Z', bars: 4_100 },
    sizes: studySizesSchema.parse(undefined),
    placebo: {
      gridFits: 195,
      policyLoss: 0.691,
      baselineLoss: 0.6935,
      rows: [
        { of: 'promotions', refits: 2, ...drawn },
        { of: 'fits', refits: 64, ...drawn },
      ],
    },
    starts: [
      { offset: 0, bars: 4_100, commonLoss: 0.6904, ...START },
      { offset: 9, bars: 4_091, commonLoss: 0.6891, ...START, promotions: 5 },
    ],
    quiet: [quiet(), quiet({ world: 'resampled-1', kind: 'resampled', alarms: [] })],
    breaks: [
      broken({ barsToAlarm: 100, barsToRetrain: 120, barsToChange: 90, barsToHarm: 10, barsToRecovery: 300 }),
      broken({ world: 'break-2', barsToAlarm: 150, barsToChange: 151 }),
      broken({ world: 'break-3', wasTrained: false, servedAtBreak: '0.1.0' }),
    ],
    ...over,
  };
}

const sectionOf = (result: StudyResult, row: number): Section => studySections(result)[row - 7]!;

function placeboSaying(shareAsGood: number, refits = 64): string {
  const { placebo } = study();
  const row = { ...placebo.rows[1]!, refits, shareAsGood };
  return sectionOf(study({ placebo: { ...placebo, rows: [row] } }), 7).words[0]!;
}

describe('the rows of a study in words', () => {
  it('are four, each with a question, and as many cells as columns', () => {
    const sections = studySections(study());
    expect(sections.map(({ title }) => title.split(' ')[0])).toEqual(['7', '8', '9', '10']);
    for (const { question, head, rows } of sections) {
      expect(question).toContain('?');
      for (const row of rows) expect(row).toHaveLength(head.length);
    }
  });

  it.each([
    [0.05, "the policy's choice of what to serve when shows"],
    [0.06, 'its timing is not told from chance'],
    [0.94, 'its timing is not told from chance'],
    [0.95, "the policy's choice of what to serve when costs"],
  ])('judge the timing of a policy that a share %d of calendars equals', (share, words) => {
    expect(placeboSaying(share)).toContain(words);
  });

  it('judge no timing where the calendars cannot differ', () => {
    expect(placeboSaying(1, 0)).toContain('there is no timing to judge');
    expect(placeboSaying(1, 195)).toContain('no chance to compare with');
  });

  it('give the spread of the starts on their common bars', () => {
    expect(sectionOf(study(), 8).words).toEqual([
      'On common bars the loss lies between 0.68910 and 0.69040, a spread of 0.00130; promotions between 2 and 5.',
    ]);
  });

  it('count promotions without gain and alarms over all markets, and by the year', () => {
    const { rows, words } = sectionOf(study(), 9);
    expect(rows[0]).toEqual(['garch-1', '4.0', '8', '1', '1', '2', '1', '1', '8', '2.00', '2']);
    expect(words[0]).toContain(
      'In 8.0 simulated years (n = 2 markets): 2 of 2 promoted new recipes without gain (0.25 a year), 2 of 4 promoted refits without gain (0.25 a year), 8 alarms (1.00 a year)',
    );
    expect(words[1]).toBe('Alarms by kind: DRIFT features 6, PERFORMANCE loss 2.');
  });

  it('say what happened after a break only where a trained version had something to lose', () => {
    const { rows, words } = sectionOf(study(), 10);
    expect(rows[2]).toEqual(['break-3', '0.1.0 (baseline)', ...Array<string>(6).fill('never')]);
    expect(words).toEqual([
      'In 2 of 3 markets a trained version served at the break: alarm of the loss in 2 of 2, median 100 bars; retraining after it in 1 of 2, median 120 bars; another version in 2 of 2, median 90 bars; recovery in 1 of 2, median 300 bars.',
    ]);
  });

  it('leave out words where nothing was simulated', () => {
    const none = study({ quiet: [], breaks: [] });
    expect([sectionOf(none, 9).words, sectionOf(none, 10).words]).toEqual([[], []]);
  });

  it('say how large the study was, and whether it looked at sealed bars', () => {
    expect(Object.fromEntries(studyFacts(study({ opening: 2 })))).toMatchObject({
      sealed: 'opened for the 2nd time',
      study: 'study-1; 1000 draws, 7 starts, seeds from 1',
    });
    expect(Object.fromEntries(studyFacts(study()))['sealed']).toBe('not reached');
  });
});
