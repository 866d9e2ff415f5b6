import { types } from 'node:util';

/** A value of a COPY row: text, number, boolean, instant, bytes, a one-dimensional array, a JSON object, or null. */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly (string | number | null)[]
  | Float64Array
  | { readonly json: unknown };
export type CopyRow = readonly CopyValue[];

/**
 * One line of Postgres's COPY text format: fields parted by tabs, `\N` for null, backslash escapes for backslash, tab,
 * newline and carriage return (PostgreSQL manual, COPY, "Text Format").
 */
export function copyLine(row: CopyRow): string {
  return `${row.map(copyField).join('\t')}\n`;
}

function copyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  return escapeField(literal(value));
}

function literal(value: NonNullable<CopyValue>): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberLiteral(value);
    case 'boolean':
      return value ? 't' : 'f';
    case 'bigint':
      return value.toString();
    default:
      return objectLiteral(value);
  }
}

/** Postgres reads JavaScript's shortest round-trip form exactly; only the special values are spelt differently. */
function numberLiteral(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function objectLiteral(value: Exclude<CopyValue, string | number | bigint | boolean | null | undefined>): string {
  if (types.isDate(value)) return value.toISOString();
  if (types.isFloat64Array(value)) return arrayLiteral([...value]);
  if (ArrayBuffer.isView(value))
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  if (Array.isArray(value)) return arrayLiteral(value as readonly (string | number | null)[]);
  return JSON.stringify((value as { json: unknown }).json);
}

/** Array input syntax: strings quoted with backslash and quote escaped, so that NULL, commas and braces stay text. */
function arrayLiteral(values: readonly (string | number | null)[]): string {
  const items = values.map((item) => {
    if (item === null) return 'NULL';
    return typeof item === 'number' ? numberLiteral(item) : `"${item.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeField(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
