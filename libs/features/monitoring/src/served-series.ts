import type { Family, VersionFacts } from '@tidemark/contracts';

/** One bar of the loop: what was served on it and, later, what came true. */
export interface ServedBar {
  /** Event time, epoch ms. */
  readonly asOf: number;
  readonly version: string;
  /** The recipe: refits of one family follow one another without a new beginning. */
  readonly family: Family;
  readonly outputs: Readonly<Record<string, number>>;
  /** First output of the naive baseline on the same bar; absent until it is needed. */
  baseline?: number;
  truth?: number;
  /** Volatility: log return of the next bar lies below minus the value at risk. */
  isBreach?: boolean;
}

export type MaturedBar = ServedBar & { readonly truth: number };

/** The bars that the loop has served, in order of time, each once. */
export class ServedSeries {
  private readonly bars: ServedBar[] = [];
  private readonly byTime = new Map<number, ServedBar>();

  get count(): number {
    return this.bars.length;
  }

  get last(): ServedBar | undefined {
    return this.bars.at(-1);
  }

  all(): readonly ServedBar[] {
    return this.bars;
  }

  add(bar: ServedBar): void {
    this.bars.push(bar);
    this.byTime.set(bar.asOf, bar);
  }

  /** Drops bars at and after an event time: they are about to be observed. */
  dropFrom(asOf: number): void {
    while (this.bars.length > 0 && this.bars.at(-1)!.asOf >= asOf) this.byTime.delete(this.bars.pop()!.asOf);
  }

  at(asOf: number): ServedBar | undefined {
    return this.byTime.get(asOf);
  }

  /** Newest matured bars, at most `count`, oldest first. */
  newestMatured(count: number): MaturedBar[] {
    return this.collect(count, () => true);
  }

  /** Matured bars of the recipe that serves now, since it last began to serve: at most the newest `count`, oldest first. */
  tenure(count = Number.POSITIVE_INFINITY): MaturedBar[] {
    const { family } = this.last ?? {};
    return this.collect(count, (bar) => bar.family === family);
  }

  /** First bar of the recipe that serves now, since it last began to serve. */
  tenureStart(): ServedBar | undefined {
    const { family } = this.last ?? {};
    let index = this.bars.length - 1;
    while (index > 0 && this.bars[index - 1]!.family === family) index -= 1;
    return this.bars[index];
  }

  private collect(count: number, goesOn: (bar: ServedBar) => boolean): MaturedBar[] {
    const found: MaturedBar[] = [];
    for (let index = this.bars.length - 1; index >= 0 && found.length < count; index -= 1) {
      const bar = this.bars[index]!;
      if (!goesOn(bar)) break;
      if (isMatured(bar)) found.push(bar);
    }
    return found.reverse();
  }
}

/** First output of a served bar: what its label is compared with. */
export function forecastOf(bar: ServedBar): number {
  for (const name in bar.outputs) return bar.outputs[name]!;
  return Number.NaN;
}

export function servedBar(
  asOf: Date,
  { version, family }: Pick<VersionFacts, 'version' | 'family'>,
  outputs: ServedBar['outputs'],
): ServedBar {
  return { asOf: asOf.getTime(), version, family, outputs };
}

function isMatured(bar: ServedBar): bar is MaturedBar {
  return bar.truth !== undefined;
}
