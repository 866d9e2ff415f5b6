import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installPackages, isInstalled } from './install.mjs';

function withFolder(wanted, present, use) {
  const root = mkdtempSync(join(tmpdir(), 'tidemark-install-'));
  try {
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
    if (present) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }));
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const A = { 'node_modules/a': { version: '1.0.0' } };

test('sees what npm installed itself, and does not install it again', () =>
  withFolder(A, A, (root) => {
    assert.equal(isInstalled(root), true);
    assert.equal(
      installPackages(root, () => assert.fail('nothing to install')),
      false,
    );
  }));

test('sees a missing folder, a missing package and another version', () => {
  assert.equal(withFolder(A, undefined, isInstalled), false);
  assert.equal(withFolder(A, {}, isInstalled), false);
  assert.equal(withFolder(A, { 'node_modules/a': { version: '1.0.1' } }, isInstalled), false);
});

test('does not miss packages for other platforms', () =>
  assert.equal(withFolder({ ...A, 'node_modules/b': { version: '2.0.0', optional: true } }, A, isInstalled), true));
