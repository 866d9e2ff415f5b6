import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText, repoFiles } from './lib/repo.mjs';

const TEXT = /\.(ts|mjs|rs|py|sql|toml|yaml|yml|md|json|sh)$/;
const MARKS = /\b(TODO|FIXME|XXX|HACK)\b/;
const PLACEHOLDER = /(^|\/)\.(git)?keep$/;
const SOURCE_ROOTS = ['apps', 'libs', 'crates', 'docs', 'config', 'tests', 'tools'];
const OUTPUTS = new Set(['dist', 'node_modules', 'target', 'build', 'generated']);

/** Nothing is left for later: no marks in the text, no placeholder files, no empty folders. */
export function check(root) {
  const files = repoFiles(root);
  const marked = files
    .filter((file) => TEXT.test(file) && !file.startsWith('scripts/checks/leftovers') && file !== 'package-lock.json')
    .flatMap((file) =>
      readText(root, file)
        .split('\n')
        .flatMap((line, index) => (MARKS.test(line) ? [`${file}:${index + 1}: finish it or open an issue`] : [])),
    );
  const placeholders = files
    .filter((file) => PLACEHOLDER.test(file))
    .map((file) => `${file}: a folder appears with its first file`);
  const folders = files.flatMap((file) =>
    file
      .split('/')
      .slice(0, -1)
      .map((_, depth, parts) => parts.slice(0, depth + 1).join('/')),
  );
  return [
    ...marked,
    ...placeholders,
    ...SOURCE_ROOTS.flatMap((folder) => emptyFolders(root, folder, new Set(folders))),
  ];
}

function emptyFolders(root, folder, used) {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  const inside = entries.filter(
    (entry) => entry.isDirectory() && !OUTPUTS.has(entry.name) && entry.name !== '__pycache__',
  );
  const empty = entries.length === 0 && !used.has(folder) ? [`${folder}/: remove the empty folder`] : [];
  return [...empty, ...inside.flatMap((entry) => emptyFolders(root, `${folder}/${entry.name}`, used))];
}
