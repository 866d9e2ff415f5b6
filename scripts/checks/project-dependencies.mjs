import { projectFolders, references } from './lib/projects.mjs';
import { readJson, readText, repoFiles } from './lib/repo.mjs';

/**
 * A project declares what it imports of our projects, in package.json and in tsconfig.json alike. A dependency that
 * nothing imports is knip's to find.
 */
export function check(root) {
  const files = repoFiles(root);
  const projects = new Map(
    projectFolders(root).map((folder) => [readJson(root, `${folder}/package.json`).name, folder]),
  );
  return [...projects.values()].flatMap((folder) => problemsOf(root, folder, projects, files));
}

function problemsOf(root, folder, projects, files) {
  const [manifest, tsconfig] = [`${folder}/package.json`, `${folder}/tsconfig.json`];
  const declared = Object.keys(readJson(root, manifest).dependencies ?? {}).filter((name) => projects.has(name));
  const paths = declared.map((name) => projects.get(name));
  const referenced = references(root, tsconfig);
  const added = (list, known) => list.filter((entry) => !known.includes(entry));
  return [
    ...added(paths, referenced).map((path) => `${tsconfig}: add a reference to ${path}, a dependency in package.json`),
    ...added(referenced, paths).map(
      (path) => `${manifest}: add the dependency on ${path} that tsconfig.json refers to`,
    ),
    ...added(imports(root, folder, files), declared).map((name) => `${manifest}: add the dependency on ${name}`),
  ];
}

function imports(root, folder, files) {
  const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith('.ts'));
  const found = sources.flatMap((file) => [
    ...readText(root, file).matchAll(/(?:from|import)\s*\(?\s*'(@tidemark\/[^'/]+)/g),
  ]);
  return [...new Set(found.map((match) => match[1]))];
}
