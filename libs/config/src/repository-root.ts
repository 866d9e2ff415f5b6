import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defect } from '@tidemark/kernel';

/** The folder that holds the workspace manifest; defaults of paths start here, whatever the working directory is. */
export function repositoryRoot(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isWorkspaceManifest(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw defect(
        'REPOSITORY_ROOT_NOT_FOUND',
        `Expected the tidemark workspace above ${from}; run from a complete clone.`,
      );
    }
  }
}

function isWorkspaceManifest(file: string): boolean {
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; workspaces?: unknown };
  return manifest.name === 'tidemark' && Array.isArray(manifest.workspaces);
}
