import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isFresh, sourceDigest, writeStamp } from './stamp.mjs';

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidemark-stamp-'));
  mkdirSync(join(root, 'crates/a/src'), { recursive: true });
  writeFileSync(join(root, 'Cargo.toml'), '[workspace]');
  writeFileSync(join(root, 'crates/a/src/lib.rs'), 'fn a() {}');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a digest changes with contents and names, not with times', () => {
  const before = sourceDigest(root);
  utimesSync(join(root, 'Cargo.toml'), 1, 1);
  assert.equal(sourceDigest(root), before);
  writeFileSync(join(root, 'crates/a/src/lib.rs'), 'fn b() {}');
  const changed = sourceDigest(root);
  assert.notEqual(changed, before);
  writeFileSync(join(root, 'crates/a/src/other.rs'), '');
  assert.notEqual(sourceDigest(root), changed);
});

test('outputs are fresh only with the same digest and all of them present', () => {
  const stamp = join(root, 'stamp');
  const output = join(root, 'output');
  assert.equal(isFresh(stamp, 'x', []), false);
  writeStamp(stamp, 'x');
  assert.equal(isFresh(stamp, 'x', [output]), false);
  writeFileSync(output, '');
  assert.equal(isFresh(stamp, 'x', [output]), true);
  assert.equal(isFresh(stamp, 'y', [output]), false);
});
