#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { isFresh, sourceDigest, writeStamp } from './native/stamp.mjs';
import { BINDING_FILE, writeBinding } from './native/type-definitions.mjs';

const USAGE = `node scripts/build-native.mjs [--force] [--write-types]

Builds the addon (libs/native/tidemark.node) and the trainer (build/bin/tidemark-train) unless they are up to date.
  --force        builds although nothing changed
  --write-types  builds, then writes ${BINDING_FILE} from the addon's exports`;

const ROOT = resolve(import.meta.dirname, '..');
const ADDON_CRATE = 'tidemark-native';
const TRAINER_CRATE = 'tidemark-trainer';

/** Builds addon and trainer when their sources changed; resolves to whether anything was built. */
export async function buildNative({ root = ROOT, force = false, log = () => {} } = {}) {
  const trainer = join(root, 'build/bin', process.platform === 'win32' ? 'tidemark-train.exe' : 'tidemark-train');
  const addon = join(root, 'libs/native/tidemark.node');
  const stamp = join(root, 'build/native.stamp');
  const digest = sourceDigest(root);
  if (!force && isFresh(stamp, digest, [addon, trainer])) return { built: false };
  log('building the native core (first time: one to three minutes)');
  const artifacts = await cargoBuild(root);
  place(artifacts.addon, addon);
  place(artifacts.trainer, trainer);
  writeStamp(stamp, digest);
  log('native core built');
  return { built: true, typeDefinitions: artifacts.typeDefinitions };
}

/** Runs cargo and reads from its messages where the outputs lie: CARGO_TARGET_DIR and cargo's own settings decide that. */
async function cargoBuild(root) {
  const args = ['build', '--release', '--locked', '-p', ADDON_CRATE, '-p', TRAINER_CRATE];
  const env = { ...process.env, CARGO_TERM_PROGRESS_WHEN: 'never', CARGO_TERM_COLOR: 'never' };
  const child = spawn('cargo', [...args, '--message-format=json-render-diagnostics'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolveEnd, reject) => {
    child.on('error', reject);
    child.on('close', resolveEnd);
  });
  const found = {};
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) collect(found, JSON.parse(line));
  }
  const status = await ended;
  if (status !== 0) throw new Error(`cargo build failed with status ${status}; its messages are above`);
  for (const output of ['addon', 'trainer', 'typeDefinitions']) {
    if (!found[output]) throw new Error(`cargo build reported no ${output}`);
  }
  return found;
}

function collect(found, message) {
  const isOf = (crate) => message.package_id?.includes(`/${crate.replace('tidemark-', '')}#`);
  if (message.reason === 'build-script-executed' && isOf(ADDON_CRATE)) {
    found.typeDefinitions = join(message.out_dir, 'type-definitions');
  }
  if (message.reason !== 'compiler-artifact') return;
  if (isOf(ADDON_CRATE) && message.target.kind.includes('cdylib')) {
    found.addon = message.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
  }
  if (isOf(TRAINER_CRATE) && message.executable) found.trainer = message.executable;
}

/** Copies beside the target and renames: a process that has the old file mapped keeps it. */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const copy = `${to}.${process.pid}.new`;
  copyFileSync(from, copy);
  renameSync(copy, to);
}

async function main() {
  const { values } = parseArgs({
    options: {
      force: { type: 'boolean' },
      'write-types': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const say = (line) => process.stdout.write(`${line}\n`);
  if (values.help) return say(USAGE);
  const writeTypes = values['write-types'];
  const { built, typeDefinitions } = await buildNative({ force: values.force || writeTypes, log: say });
  if (!built) say('native core is up to date');
  if (writeTypes) await writeBinding(ROOT, typeDefinitions);
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) {
  await main();
}
