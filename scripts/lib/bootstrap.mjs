import { fileURLToPath } from 'node:url';
import { buildRust, buildTypeScript } from './build.mjs';
import { orExplain } from './failure.mjs';
import { installPackages } from './install.mjs';
import { checkToolchain } from './toolchain.mjs';

// Not import.meta.dirname: too old a Node has to get as far as the check that says so.
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Ends the process with a list of everything that is missing to build and run Tidemark. */
export async function ensureToolchain() {
  await orExplain(() => checkToolchain(root));
}

/** Installs npm packages when the lock file changed since the last time. */
export async function ensureInstalled() {
  await orExplain(() => timed('npm packages', () => installPackages(root, say)));
}

/** Builds the native core and the TypeScript projects, each only where something changed. */
export async function ensureBuilt() {
  await orExplain(() => timed('native core', () => buildRust(root, say)));
  await orExplain(() => timed('TypeScript', () => buildTypeScript(root, say)));
}

async function timed(name, work) {
  const began = performance.now();
  await work();
  say(`${name} ready (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
