import type { Difference, DifferenceCause } from '@tidemark/contracts';
import type { BarDamage, SeriesArchive } from '@tidemark/market-data/read';

export type Cell = string | number | null;

/** The history that is looked at: raw bars, and the span of time whose log is rebuilt. */
export interface Span {
  readonly archive: SeriesArchive;
  /** Bars that are not what came in, without those explained before. */
  readonly damages: readonly BarDamage[];
  readonly from: Date;
  readonly to: Date;
}

export function damageCause({ column }: BarDamage): DifferenceCause {
  return column === 'known_at' ? 'known-at backdated' : 'bar overwritten in place';
}

export function damageKey({ eventTime, knownAt }: BarDamage): string {
  return `${eventTime.toISOString()} ${knownAt.toISOString()}`;
}

export function barDifferences(series: string, damages: readonly BarDamage[]): Difference[] {
  return damages.map((damage) => ({
    table: 'bars',
    key: { series, event_time: damage.eventTime.toISOString(), known_at: damage.knownAt.toISOString() },
    column: damage.column,
    logged: damage.logged,
    rebuilt: damage.stored,
    cause: damageCause(damage),
  }));
}

/** What a difference at a bar follows from, when the bars up to it are not what came in. */
export function causeAt({ damages }: Pick<Span, 'damages'>, upTo: Date, otherwise: DifferenceCause): DifferenceCause {
  const damage = damages.find(({ eventTime }) => eventTime <= upTo);
  return damage === undefined ? otherwise : damageCause(damage);
}

/** Bit for bit, so that NaN is NaN and −0 is not 0. */
export function sameNumbers(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  return one.length === other.length && Array.from(one).every((value, index) => Object.is(value, other[index]));
}

/** The first cell of a row that differs, as a difference. */
export function differingCell(
  row: Pick<Difference, 'table' | 'key' | 'cause'>,
  logged: Readonly<Record<string, Cell>>,
  rebuilt: Readonly<Record<string, Cell>>,
): Difference[] {
  const column = Object.keys(rebuilt).find((name) => !Object.is(rebuilt[name] ?? null, logged[name] ?? null));
  return column === undefined
    ? []
    : [{ ...row, column, logged: logged[column] ?? null, rebuilt: rebuilt[column] ?? null }];
}
