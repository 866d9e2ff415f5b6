import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
process.env.NX_DAEMON = 'false';
let eslint;

// The config itself is under test: real files lend their place in the tree, the text is the test's own.
const KERNEL = 'libs/kernel/src/ids.ts';
const CLOCK = 'libs/kernel/src/clock.ts';
const CONFIG = 'libs/config/src/environment.ts';
const SPEC = 'libs/kernel/src/kernel.spec.ts';
const FEATURE = 'libs/features/market-data/src/bar.ts';
const REPLAY = 'libs/features/replay/src/index.ts';
const APP_SPEC = firstSpecBelow('apps');
const APP = 'apps/supervisor/src/supervisor.ts';

before(async () => {
  const { ESLint } = await import('eslint');
  eslint = new ESLint({ cwd: root });
});

function firstSpecBelow(folder) {
  const files = readdirSync(resolve(root, folder), { recursive: true });
  return join(folder, files.find((file) => /(^|\/)src\/.*\.spec\.ts$/.test(file)) ?? 'a-spec.ts');
}

async function rulesBroken(file, text) {
  assert.ok(existsSync(resolve(root, file)), `${file} lends its place to this test: choose another`);
  const [result] = await eslint.lintText(text, { filePath: resolve(root, file) });
  assert.equal(result.fatalErrorCount, 0, result.messages[0]?.message);
  return new Set(result.messages.map(({ ruleId }) => ruleId));
}

const breaks = async (file, text, rule) => assert.ok((await rulesBroken(file, text)).has(rule), `${file}: ${text}`);
const keeps = async (file, text, rule) => assert.ok(!(await rulesBroken(file, text)).has(rule), `${file}: ${text}`);

test('dependencies point from app over feature and platform to contract and util', async () => {
  const rule = '@nx/enforce-module-boundaries';
  await breaks(KERNEL, "import '@tidemark/contracts';", rule);
  await breaks(CONFIG, "import '@tidemark/registry';", rule);
  await breaks(FEATURE, "import '@tidemark/api';", rule);
  await keeps(CONFIG, "import '@tidemark/kernel';", rule);
  await keeps(APP, "import '@tidemark/config';", rule);
});

test('the testing lib is for specs', async () => {
  await breaks(FEATURE, "import '@tidemark/testing';", '@nx/enforce-module-boundaries');
  await keeps(APP_SPEC, "import '@tidemark/testing';", '@nx/enforce-module-boundaries');
});

test('a replay knows the entries of the services it drives and nothing else', async () => {
  const rule = 'no-restricted-imports';
  await breaks(REPLAY, "import '@tidemark/inference/read';", rule);
  await breaks(REPLAY, "import '@tidemark/monitoring/read';", rule);
  await breaks(REPLAY, "import '@tidemark/loop';", rule);
  await breaks(REPLAY, "import '@tidemark/native';", rule);
  await keeps(REPLAY, "import '@tidemark/loop/read';", rule);
  await keeps(REPLAY, "import '@tidemark/kernel';", rule);
});

test('features meet through /read, apps take the other entries', async () => {
  const rule = 'no-restricted-imports';
  await breaks(FEATURE, "import '@tidemark/registry';", rule);
  await breaks(FEATURE, "import '@tidemark/registry/http';", rule);
  await keeps(FEATURE, "import '@tidemark/registry/read';", rule);
  await keeps(APP, "import '@tidemark/registry/http';", rule);
  await breaks(APP, "import '@tidemark/registry/src/index.js';", rule);
  await breaks(FEATURE, "import { forwardRef } from '@nestjs/common'; forwardRef(() => 1);", rule);
});

test('only the config lib reads the environment', async () => {
  await breaks(FEATURE, 'export const url = process.env.DATABASE_URL;', 'no-restricted-syntax');
  await breaks(FEATURE, "import { env } from 'node:process'; export const url = env;", 'no-restricted-imports');
  await keeps(CONFIG, 'export const url = process.env.DATABASE_URL;', 'no-restricted-syntax');
});

test('only the kernel clock reads the wall clock', async () => {
  for (const text of ['export const now = Date.now();', 'export const now = new Date();']) {
    await breaks(FEATURE, text, 'no-restricted-syntax');
    await breaks(SPEC, text, 'no-restricted-syntax');
    await keeps(CLOCK, text, 'no-restricted-syntax');
  }
  await keeps(FEATURE, "export const then = new Date('2020-01-01');", 'no-restricted-syntax');
});

test('only libs/native knows the addon and the runtime’s library', async () => {
  await breaks(FEATURE, "export const file = 'build/tidemark.node';", 'no-restricted-syntax');
  await breaks(
    FEATURE,
    "export const file = require.resolve('onnxruntime-node/package.json');",
    'no-restricted-syntax',
  );
});

test('promises are awaited, any and default exports are refused', async () => {
  await breaks(FEATURE, 'Promise.resolve(1);', '@typescript-eslint/no-floating-promises');
  await breaks(FEATURE, 'export const a: any = 1;', '@typescript-eslint/no-explicit-any');
  await breaks(FEATURE, 'export default 1;', 'no-restricted-syntax');
});

test('type imports are marked, but not those that decorator metadata needs', async () => {
  const rule = '@typescript-eslint/consistent-type-imports';
  await breaks(FEATURE, "import { Clock } from '@tidemark/kernel'; export type A = Clock;", rule);
  const injected = `import { Injectable } from '@nestjs/common'; import { SystemClock } from '@tidemark/kernel';
    @Injectable() export class A { constructor(readonly clock: SystemClock) {} }`;
  await keeps(FEATURE, injected, rule);
});

test('constructors take at most eight dependencies', async () => {
  const constructor = (count) =>
    `export class A { constructor(${Array.from({ length: count }, (_, index) => `readonly p${index}: number`).join(', ')}) {} }`;
  await keeps(FEATURE, constructor(8), 'no-restricted-syntax');
  await breaks(FEATURE, constructor(9), 'no-restricted-syntax');
});
