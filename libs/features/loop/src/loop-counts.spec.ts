import { describe, expect, it } from '@jest/globals';
import { LoopCounts } from './loop-counts.js';
import { NO_NEW_DATA, SlotLedger } from './slot-ledger.js';

const day = (date: string): Date => new Date(`${date}T02:00:00Z`);
const bars = (counts: LoopCounts, count: number): void => {
  for (let bar = 0; bar < count; bar += 1) counts.bar();
};

describe('LoopCounts', () => {
  it('counts bars since things happened, and nothing for what never did', () => {
    const counts = new LoopCounts({ observed: 0, lastDeployment: 0, fits: [] });
    bars(counts, 10);
    expect(counts.bars()).toEqual({ sinceStart: 10, sinceDeployment: 10 });
    counts.fit('new_recipe', day('2004-01-10'));
    bars(counts, 3);
    counts.promotion();
    bars(counts, 2);
    counts.fit('refit', day('2004-01-15'));
    bars(counts, 1);
    counts.rollback();
    bars(counts, 4);
    expect(counts.bars()).toEqual({
      sinceStart: 20,
      sinceFit: 5,
      sinceNewRecipe: 10,
      sinceRollback: 4,
      sinceDeployment: 4,
    });
  });

  it('goes on from what is stored', () => {
    const counts = new LoopCounts({ observed: 100, lastFit: 63, lastNewRecipe: 1, lastDeployment: 64, fits: [0] });
    bars(counts, 1);
    expect(counts.bars()).toEqual({ sinceStart: 101, sinceFit: 38, sinceNewRecipe: 100, sinceDeployment: 37 });
  });

  it('tells the fits of the last 365 days from all of them', () => {
    const fits = ['2004-01-01', '2004-06-01', '2005-01-01'].map((date) => day(date).getTime());
    const counts = new LoopCounts({ observed: 1, lastDeployment: 0, fits });
    expect(counts.fits(day('2005-01-02'))).toEqual({ total: 3, lastYear: 2 });
  });
});

describe('SlotLedger', () => {
  it('keeps a row for a slot that ran and a count for those that did not, until they are taken', () => {
    const ledger = new SlotLedger();
    const slot = (hour: number) => ({ schedule: 'drift', slotAt: new Date(Date.UTC(2004, 0, 2, hour)) }) as const;
    ledger.ran(slot(0), '1 bar');
    for (const hour of [6, 12, 18]) ledger.skipped(slot(hour), NO_NEW_DATA);
    const skip = { schedule: 'drift', reason: NO_NEW_DATA, slots: 3, first: slot(6).slotAt, last: slot(18).slotAt };
    expect(ledger.take()).toEqual({ done: [{ ...slot(0), outcome: '1 bar' }], skips: [skip] });
    expect(ledger.take()).toEqual({ done: [], skips: [] });
  });
});
