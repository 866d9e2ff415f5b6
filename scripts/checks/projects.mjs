import { dirname, relative, resolve } from 'node:path';
import { readJson, readText, repoFiles } from './lib/repo.mjs';

const TYPES = ['app', 'feature', 'platform', 'contract', 'util', 'testing'];
const SCOPE = '@tidemark/';

/**
 * Every TypeScript project is tagged, built by the root tsconfig, and declares what it imports, in package.json and in
 * tsconfig.json alike. A dependency that nothing imports is knip's to find.
 */
export function check(root) {
  const files = repoFiles(root);
  const folders = files.filter((file) => /^(apps|libs)\/.*\bpackage\.json$/.test(file)).map((file) => dirname(file));
  const projects = new Map(folders.map((folder) => [readJson(root, `${folder}/package.json`).name, folder]));
  const built = references(root, 'tsconfig.json');
  return [...projects.values()].flatMap((folder) => [
    ...tagProblems(root, folder),
    ...(built.includes(folder) ? [] : [`tsconfig.json: add a reference to ${folder}`]),
    ...dependencyProblems(root, folder, projects, files),
  ]);
}

function tagProblems(root, folder) {
  const { name, nx } = readJson(root, `${folder}/package.json`);
  const tags = nx?.tags ?? [];
  const types = tags.filter((tag) => tag.startsWith('type:'));
  const problems = [];
  if (types.length !== 1 || !TYPES.includes(types[0].slice('type:'.length)))
    problems.push(
      `${folder}/package.json: nx.tags needs exactly one of ${TYPES.map((type) => `type:${type}`).join(', ')}`,
    );
  if (!tags.includes(`scope:${name.replace(SCOPE, '')}`))
    problems.push(`${folder}/package.json: nx.tags needs scope:${name.replace(SCOPE, '')}`);
  return problems;
}

function dependencyProblems(root, folder, projects, files) {
  const declared = Object.keys(readJson(root, `${folder}/package.json`).dependencies ?? {}).filter((name) =>
    projects.has(name),
  );
  const referenced = references(root, `${folder}/tsconfig.json`);
  const imported = importedProjects(root, folder, files);
  return [
    ...declared
      .filter((name) => !referenced.includes(projects.get(name)))
      .map(
        (name) => `${folder}/tsconfig.json: add a reference to ${projects.get(name)}, which package.json depends on`,
      ),
    ...referenced
      .filter((path) => !declared.some((name) => projects.get(name) === path))
      .map((path) => `${folder}/package.json: add the dependency on ${path}, which tsconfig.json refers to`),
    ...imported
      .filter((name) => !declared.includes(name))
      .map((name) => `${folder}/package.json: add the dependency on ${name}, which src imports`),
  ];
}

function references(root, file) {
  const folder = dirname(file);
  return (readJson(root, file).references ?? []).map(({ path }) => relative(root, resolve(root, folder, path)));
}

function importedProjects(root, folder, files) {
  const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith('.ts'));
  const names = sources.flatMap((file) => [
    ...readText(root, file).matchAll(/(?:from|import)\s*\(?\s*'(@tidemark\/[^'/]+)/g),
  ]);
  return [...new Set(names.map((match) => match[1]))];
}
