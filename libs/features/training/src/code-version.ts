import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryRoot } from '@tidemark/config';

const manifest = createRequire(import.meta.url)('../package.json') as { version: string };

/** Where the native build leaves the digest of the sources it was made from. */
const STAMP = join(repositoryRoot(), 'build/native.stamp');
/** Digits of the digest that are shown: as many as name a commit. */
const SHOWN = 12;

/**
 * Version of the code that trains, part of every version's lineage: the package's version and, as build metadata, the
 * digest of the native sources that features, labels and trainer were built from.
 */
export const CODE_VERSION = existsSync(STAMP)
  ? `${manifest.version}+${readFileSync(STAMP, 'utf8').trim().slice(0, SHOWN)}`
  : manifest.version;
