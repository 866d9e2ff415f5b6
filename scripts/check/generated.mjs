import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ONNX_TYPES = 'crates/onnx/src/generated/onnx.rs';
const ONNX_TOOL = ['run', '--release', '--quiet', '--manifest-path', 'tools/onnx-codegen/Cargo.toml'];
const BINDING = 'libs/native/src/binding.ts';

/** The configuration must be complete; nothing is connected to. */
const OFFLINE = { ...process.env, DATABASE_URL: 'postgresql://nobody@localhost/none' };

/** Committed files that a tool writes: where each lies and how its text is made from the sources (after a build). */
const GENERATED = [
  { file: ONNX_TYPES, make: (root) => writtenInPlace(root, ONNX_TYPES, 'cargo', ONNX_TOOL) },
  {
    file: BINDING,
    make: (root) => writtenInPlace(root, BINDING, process.execPath, ['scripts/build-native.mjs', '--write-types']),
  },
  { file: 'docs/openapi.json', make: (root) => writtenElsewhere(root, ['apps/api/dist/openapi.js']) },
  {
    file: 'config/.env.example',
    make: async (root) => {
      const { envExample } = await import(pathToFileURL(join(root, 'libs/config/dist/index.js')).href);
      return envExample();
    },
  },
];

/** The text a tool writes to `file`, which is then put back as it was. */
function writtenInPlace(root, file, command, args) {
  const path = join(root, file);
  const before = readFileSync(path);
  try {
    execFileSync(command, args, { cwd: root, stdio: 'pipe' });
    return readFileSync(path, 'utf8');
  } finally {
    writeFileSync(path, before);
  }
}

/** The text that a script of ours writes to the file named as its last argument. */
function writtenElsewhere(root, script) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-generate-'));
  const target = join(folder, 'output');
  try {
    execFileSync(process.execPath, [...script, target], { cwd: root, stdio: 'pipe', env: OFFLINE });
    return readFileSync(target, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes every generated file anew; returns those whose committed text was another one, and with `write` replaces them. */
export async function regenerate(root, { write, entries = GENERATED }) {
  const stale = [];
  for (const { file, make } of entries) {
    const path = join(root, file);
    const text = await make(root);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    stale.push(file);
    if (!write) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return stale;
}
