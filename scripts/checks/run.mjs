import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Runs every convention check beside this file and returns its problems by name. */
export async function runConventions(root) {
  const names = readdirSync(import.meta.dirname).filter(
    (file) => file.endsWith('.mjs') && !/^run\.|\.test\./.test(file),
  );
  const results = {};
  for (const name of names.sort()) {
    const { check } = await import(pathToFileURL(join(import.meta.dirname, name)).href);
    results[name.replace('.mjs', '')] = check(root);
  }
  return results;
}
