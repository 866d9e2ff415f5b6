import { projectFolders, references } from './lib/projects.mjs';
import { readJson } from './lib/repo.mjs';

const TYPES = ['app', 'feature', 'platform', 'contract', 'util', 'testing'].map((type) => `type:${type}`);

/** Every TypeScript project is built by the root tsconfig and carries the two tags that the boundary rules read. */
export function check(root) {
  const built = references(root, 'tsconfig.json');
  return projectFolders(root).flatMap((folder) => [
    ...(built.includes(folder) ? [] : [`tsconfig.json: add a reference to ${folder}`]),
    ...tagProblems(root, folder),
  ]);
}

function tagProblems(root, folder) {
  const { name, nx } = readJson(root, `${folder}/package.json`);
  const tags = nx?.tags ?? [];
  const scope = `scope:${name.replace('@tidemark/', '')}`;
  const types = tags.filter((tag) => tag.startsWith('type:'));
  const problems = [];
  if (types.length !== 1 || !TYPES.includes(types[0])) problems.push(`needs exactly one of ${TYPES.join(', ')}`);
  if (!tags.includes(scope)) problems.push(`needs ${scope}`);
  return problems.map((problem) => `${folder}/package.json: nx.tags ${problem}`);
}
