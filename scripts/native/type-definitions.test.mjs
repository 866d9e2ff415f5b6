import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderBinding } from './type-definitions.mjs';

const FUNCTION = {
  kind: 'fn',
  name: 'twice',
  js_doc: '/** Doubles. */\n',
  def: 'function twice(value: number): number',
};
const OBJECT = { kind: 'interface', name: 'Pair', js_doc: '', def: 'left: number\nright: number' };

test('renders objects as interfaces and functions as members of one interface', () => {
  const source = renderBinding([FUNCTION, OBJECT]);
  assert.match(source, /export interface Pair \{\nleft: number\nright: number\n\}/);
  assert.match(source, /export interface NativeBinding \{\n\/\*\* Doubles\. \*\/\ntwice\(value: number\): number;\n\}/);
});

test('leaves out what an optional parameter says anyway', () => {
  const def = 'function load(path: string, limit?: number | undefined | null): number';
  assert.match(renderBinding([{ ...FUNCTION, def }]), /load\(path: string, limit\?: number \| null\): number;/);
});

test('does not depend on the order in which the compiler met the exports', () => {
  const other = { ...FUNCTION, name: 'once', def: 'function once(): void' };
  assert.equal(renderBinding([FUNCTION, other, OBJECT]), renderBinding([OBJECT, other, FUNCTION]));
});

test('refuses classes: state crosses as integer handles', () => {
  assert.throws(() => renderBinding([{ kind: 'struct', name: 'Model', js_doc: '', def: '' }]), /Model/);
});
