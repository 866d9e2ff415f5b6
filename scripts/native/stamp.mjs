import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFESTS = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'rust-toolchain.toml'];

/**
 * Digest of everything the native build reads. Contents, not times: a fresh clone and a switched branch have new times
 * and old contents.
 */
export function sourceDigest(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  const sources = readdirSync(join(root, 'crates'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  for (const file of [...MANIFESTS.filter((name) => existsSync(join(root, name))), ...sources].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** True if `outputs` exist and were built from sources with this digest. */
export function isFresh(stampFile, digest, outputs) {
  if (!existsSync(stampFile) || !outputs.every((file) => existsSync(file))) return false;
  return readFileSync(stampFile, 'utf8').trim() === digest;
}

export function writeStamp(stampFile, digest) {
  writeFileSync(stampFile, `${digest}\n`);
}
