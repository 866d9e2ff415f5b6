import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Every file of the repository that git knows or would add: build outputs and installed packages are left out. */
export function repoFiles(root) {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = new Set(listing.split('\0').filter((file) => file !== ''));
  return [...files].filter((file) => existsSync(join(root, file))).sort();
}

export function readText(root, file) {
  return readFileSync(join(root, file), 'utf8');
}

export function readJson(root, file) {
  return JSON.parse(readText(root, file));
}

/** For tests: a throw-away repository with the given files. */
export function makeRepo(files) {
  const root = mkdtempSync(join(tmpdir(), 'tidemark-check-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

/** For tests: what `use` makes of a throw-away repository, which is removed when it returns. */
export function withRepo(files, use) {
  const root = makeRepo(files);
  try {
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
