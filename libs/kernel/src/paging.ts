import { callerError } from './errors.js';

/** One page of a list; `nextCursor` is absent on the last page. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** Opaque keyset cursor: the sort keys of the last row on the page. */
export function encodeCursor(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** Keys of a cursor made by {@link encodeCursor}; `length` keys are expected. */
export function decodeCursor(cursor: string, length: number): (string | number)[] {
  const keys = parseKeys(cursor);
  if (keys === undefined || keys.length !== length) {
    throw callerError('CURSOR_INVALID', 'The cursor is not one this list returned; start again without it.');
  }
  return keys;
}

function parseKeys(cursor: string): (string | number)[] | undefined {
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
export function toPage<T>(rows: T[], limit: number, keysOf: (row: T) => (string | number)[]): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(keysOf(last)) } : { items };
}
