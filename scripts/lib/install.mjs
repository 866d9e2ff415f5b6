import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupFailure } from './failure.mjs';

const STAMP = 'node_modules/.tidemark-install';
const INSTALLED = 'node_modules/.package-lock.json';

/** Installs exactly what package-lock.json says, unless that is what is there; resolves to whether it did. */
export function installPackages(root, log) {
  const digest = lockDigest(root);
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return false;
  const isNeeded = !isInstalled(root);
  if (isNeeded) {
    log('installing npm packages (first time: about a minute)');
    runNpmCi(root);
  }
  writeFileSync(stamp, digest);
  return isNeeded;
}

function lockDigest(root) {
  return createHash('sha256')
    .update(`${process.platform} ${process.arch}\0`)
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/**
 * Compares the lock file with npm's own record of what it installed, so that an `npm install` by hand is not repeated.
 * Optional packages may be absent: they are for other platforms.
 */
export function isInstalled(root) {
  const record = join(root, INSTALLED);
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    const found = present[path];
    if (path === '' || ((optional || devOptional) && found === undefined)) return true;
    return found !== undefined && found.version === version;
  });
}

function runNpmCi(root) {
  const args = ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const cli = process.env.npm_execpath ?? '';
  const [command, prefix] = basename(cli) === 'npm-cli.js' ? [process.execPath, [cli]] : ['npm', []];
  const env = {
    ...process.env,
    // The runtime's library comes with the package; its postinstall would only fetch GPU libraries.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  };
  const { status, error } = spawnSync(command, [...prefix, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  throw new SetupFailure(
    `npm ci failed (${error?.message ?? `exit code ${status}`}); its messages are above. Usual causes: no network or a proxy that npm does not know ` +
      '(`npm config get registry`), or a full disk.',
  );
}
