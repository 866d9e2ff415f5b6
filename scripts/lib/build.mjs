import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFailure } from './failure.mjs';

/** Compiles what is stale: the compiler itself compares sources with what it built last. */
export function buildTypeScript(root, log) {
  if (!existsSync(join(root, 'apps/api/dist/main.js'))) log('compiling TypeScript (first time: about half a minute)');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-b'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new SetupFailure('The TypeScript sources do not compile; the messages are above.');
}

/** Builds addon and trainer when their sources changed. */
export async function buildRust(root, log) {
  const { buildNative } = await import('../build-native.mjs');
  try {
    await buildNative({ root, log });
  } catch (error) {
    throw new SetupFailure(`The Rust sources could not be built: ${error.message}`);
  }
}
