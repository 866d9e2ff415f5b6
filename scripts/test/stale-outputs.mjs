import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const OUTPUTS = ['.js', '.js.map', '.d.ts'];

/** Removes what an earlier build made of sources that are gone: a renamed spec would run twice, a deleted one for ever. */
export function removeStaleOutputs(root) {
  const removed = [];
  for (const project of projectFolders(root)) {
    const dist = join(root, project, 'dist');
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist, { recursive: true })) {
      if (!file.endsWith('.js')) continue;
      const stem = file.slice(0, -'.js'.length);
      if (existsSync(join(root, project, 'src', `${stem}.ts`))) continue;
      for (const output of OUTPUTS) rmSync(join(dist, stem + output), { force: true });
      removed.push(join(project, 'dist', file));
    }
  }
  return removed;
}

function projectFolders(root) {
  return ['apps', 'libs', 'libs/features'].flatMap((parent) => {
    const folder = join(root, parent);
    return existsSync(folder) ? readdirSync(folder).map((name) => join(parent, name)) : [];
  });
}
