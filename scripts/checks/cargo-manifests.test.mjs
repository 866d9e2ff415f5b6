import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './cargo-manifests.mjs';
import { withRepo } from './lib/repo.mjs';

const manifest = (name, rest = '') => `[package]\nname = "tidemark-${name}"\n\n[lints]\nworkspace = true\n${rest}`;
const problemsOf = (files) => withRepo(files, check);

test('accepts a flat crate with shared lints, and napi in crates/native', () => {
  const napi = manifest('native', '\n[dependencies]\nnapi.workspace = true\nnapi-derive = "=3.7.0"\n');
  assert.deepEqual(problemsOf({ 'crates/core/Cargo.toml': manifest('core'), 'crates/native/Cargo.toml': napi }), []);
});

test('refuses napi elsewhere, in every section and form', () => {
  for (const line of ['napi = "3"', 'napi-derive.workspace = true', 'napi-build = { workspace = true }'])
    assert.match(
      problemsOf({ 'crates/core/Cargo.toml': manifest('core', `[build-dependencies]\n${line}\n`) })[0],
      /only crates\/native/,
    );
});

test('refuses a nested crate, another name and missing lints', () => {
  assert.match(problemsOf({ 'crates/a/b/Cargo.toml': manifest('a') })[0], /flat/);
  assert.match(problemsOf({ 'crates/a/Cargo.toml': manifest('b') })[0], /named tidemark-a/);
  assert.match(problemsOf({ 'crates/a/Cargo.toml': '[package]\nname = "tidemark-a"\n' })[0], /lints/);
});

test('refuses the test kit in shipped dependencies only', () => {
  const shipped = manifest('a', '[dependencies]\ntidemark-testkit.workspace = true\n');
  const dev = manifest('a', '[dev-dependencies]\ntidemark-testkit.workspace = true\n');
  assert.match(problemsOf({ 'crates/a/Cargo.toml': shipped })[0], /dev-dependencies/);
  assert.deepEqual(problemsOf({ 'crates/a/Cargo.toml': dev }), []);
});
