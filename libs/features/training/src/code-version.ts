import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../package.json') as { version: string };

/** Version of the code that trains; part of every version's lineage. */
export const CODE_VERSION = manifest.version;
