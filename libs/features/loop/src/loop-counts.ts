import type { SlotContext } from '@tidemark/contracts';

const YEAR_MS = 365 * 86_400_000;

/** Places of the past, each as the number of bars that the loop had observed by then. */
export interface LoopMarks {
  observed: number;
  lastFit?: number;
  lastNewRecipe?: number;
  lastRollback?: number;
  lastDeployment: number;
  /** When fits were asked for, epoch ms, in order of time. */
  readonly fits: number[];
}

/** What a decision counts: bars since things happened, and fits. A fit counts from when it was asked for. */
export class LoopCounts {
  constructor(private readonly marks: LoopMarks) {}

  get observed(): number {
    return this.marks.observed;
  }

  bar(): void {
    this.marks.observed += 1;
  }

  fit(mode: 'new_recipe' | 'refit', at: Date): void {
    const { marks } = this;
    marks.lastFit = marks.observed;
    if (mode === 'new_recipe') marks.lastNewRecipe = marks.observed;
    marks.fits.push(at.getTime());
  }

  promotion(): void {
    this.marks.lastDeployment = this.marks.observed;
  }

  rollback(): void {
    this.marks.lastRollback = this.marks.observed;
    this.marks.lastDeployment = this.marks.observed;
  }

  bars(): SlotContext['bars'] {
    const { observed, lastFit, lastNewRecipe, lastRollback, lastDeployment } = this.marks;
    const since = (mark: number | undefined): number | undefined => (mark === undefined ? undefined : observed - mark);
    return {
      sinceStart: observed,
      sinceFit: since(lastFit),
      sinceNewRecipe: since(lastNewRecipe),
      sinceRollback: since(lastRollback),
      sinceDeployment: observed - lastDeployment,
    };
  }

  fits(now: Date): SlotContext['fits'] {
    const { fits } = this.marks;
    const from = now.getTime() - YEAR_MS;
    return { total: fits.length, lastYear: fits.filter((at) => at > from).length };
  }
}
