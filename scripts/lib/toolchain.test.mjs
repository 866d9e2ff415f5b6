import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProblems } from './toolchain.mjs';

const NEEDED = { node: '^20.19.0 || >=24.11.0', rust: '1.92' };
const READY = { node: 'v20.20.2', npm: true, rustc: '1.95.0', cargo: 'cargo 1.95.0', linker: 'cc', platform: 'linux' };

test('is content with a complete machine', () => assert.deepEqual(describeProblems(READY, NEEDED), []));

test('names everything that is missing at once, with a way to get it', () => {
  const problems = describeProblems({ node: 'v18.1.0', npm: false, platform: 'linux' }, NEEDED);
  const all = problems.join('\n');
  assert.equal(problems.length, 4);
  for (const hint of ['nodejs.org', 'npm', 'rustup.rs', 'build-essential']) assert.ok(all.includes(hint), hint);
});

test('tells an old Rust from a missing one, and a broken linker from a missing one', () => {
  assert.match(describeProblems({ ...READY, rustc: '1.80.1' }, NEEDED)[0], /this is 1\.80\.1.*rustup update/);
  assert.match(describeProblems({ ...READY, cargo: undefined }, NEEDED)[0], /cargo does not run/);
  assert.match(describeProblems({ ...READY, linkError: 'crt1.o: no such file' }, NEEDED)[0], /cannot link.*crt1\.o/);
});

test('says that Windows needs WSL', () =>
  assert.match(describeProblems({ ...READY, platform: 'win32' }, NEEDED)[0], /WSL/));
