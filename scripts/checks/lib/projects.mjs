import { dirname, relative, resolve } from 'node:path';
import { readJson, repoFiles } from './repo.mjs';

/** Folders of the TypeScript projects: every package.json below apps/ and libs/. */
export function projectFolders(root) {
  return repoFiles(root)
    .filter((file) => /^(apps|libs)\/.*\bpackage\.json$/.test(file))
    .map((file) => dirname(file));
}

/** Folders, from the root, that a tsconfig refers to. */
export function references(root, tsconfig) {
  const entries = readJson(root, tsconfig).references ?? [];
  return entries.map(({ path }) => relative(root, resolve(root, dirname(tsconfig), path)));
}
