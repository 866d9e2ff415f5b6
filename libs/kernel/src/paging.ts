import { callerError } from './errors.js';

/** One page of a list; `nextCursor` is absent on the last page. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

interface CursorTypes {
  readonly instant: Date;
  readonly int4: number;
  readonly int8: number;
  readonly name: string;
  readonly uuid: string;
}

/** What a sort key is: an instant, a number that fits Postgres's integer or bigint, a name, or a UUID. */
export type CursorKind = keyof CursorTypes;
export type CursorKeys<K extends readonly CursorKind[]> = { readonly [I in keyof K]: CursorTypes[K[I]] };

type RawKey = string | number;

/** Opaque keyset cursor: the sort keys of the last row on the page. */
export function encodeCursor(keys: readonly RawKey[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/**
 * Keys of a cursor made by {@link encodeCursor}, one of each kind given, in order.
 * @throws CURSOR_INVALID for anything else: a cursor comes from outside and its keys go into SQL.
 */
export function decodeCursor<const K extends readonly CursorKind[]>(cursor: string, kinds: K): CursorKeys<K> {
  const raw = parseKeys(cursor);
  const keys = kinds.map((kind, index) => READERS[kind](raw?.[index] ?? ''));
  if (raw?.length !== kinds.length || keys.includes(undefined)) {
    throw callerError('CURSOR_INVALID', 'The cursor is not one this list returned; start again without it.');
  }
  return keys as unknown as CursorKeys<K>;
}

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INT4_MAX = 2_147_483_647;

const READERS: { readonly [K in CursorKind]: (key: RawKey) => CursorTypes[K] | undefined } = {
  instant: (key) => {
    const instant = ISO_INSTANT.test(String(key)) ? new Date(key) : undefined;
    return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
  },
  int4: (key) => wholeNumber(key, INT4_MAX),
  int8: (key) => wholeNumber(key, Number.MAX_SAFE_INTEGER),
  name: (key) => matching(key, NAME),
  uuid: (key) => matching(key, UUID),
};

function wholeNumber(key: RawKey, max: number): number | undefined {
  return typeof key === 'number' && Number.isInteger(key) && key >= 0 && key <= max ? key : undefined;
}

function matching(key: RawKey, pattern: RegExp): string | undefined {
  return typeof key === 'string' && pattern.test(key) ? key : undefined;
}

function parseKeys(cursor: string): RawKey[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isKeys = Array.isArray(value) && value.every((key) => typeof key === 'string' || typeof key === 'number');
    return isKeys ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Builds a page from `limit + 1` rows fetched: the extra row only tells that there is another page. */
export function toPage<T>(rows: T[], limit: number, keysOf: (row: T) => RawKey[]): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(keysOf(last)) } : { items };
}
