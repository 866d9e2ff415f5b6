import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, accountOf, canEnter, canExecute, chooseAccount } from './account.js';
import { type Binaries, copyBinaries, executable } from './binaries.js';
import { DATA_FOLDER_MARKER, DEFAULT_DATA_FOLDER, prepareDataFolder } from './data-folder.js';
import { setupError } from './embedded-postgres.errors.js';

/** Where the cluster lies, what runs it and as whom. */
export interface Placement {
  /** Holds the cluster and the server's log files; belongs to the server's account, mode 0700. */
  readonly home: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** What the operator should know about an unusual place; one sentence each. */
  readonly notes: readonly string[];
}

export interface PlacementRequest {
  /** Real path of the data folder. */
  readonly dataDir: string;
  /** The clone; its path names the folder outside it when one is needed. */
  readonly projectRoot: string;
  readonly binaries: Binaries;
  /** Parent of everything that cannot stay in the clone. */
  readonly systemDir: string;
}

export const CLUSTER = 'cluster';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Decides the place and makes the home folder. As an ordinary user everything stays in the data folder. */
export function place(request: PlacementRequest): Placement {
  const inside = join(request.dataDir, 'postgres');
  if (process.getuid?.() !== 0)
    return { home: ownHome(inside), binaries: request.binaries, account: undefined, notes: [] };
  const outside = outsideHome(request);
  const account = ownerOf(outside) ?? ownerOf(inside) ?? chooseAccount();
  const notes: string[] = [];
  let home = inside;
  // A cluster that was placed outside stays there, even if the clone became reachable since.
  if (existsSync(join(outside, CLUSTER)) || !canEnter(request.dataDir, account)) {
    refuseUnreachable(inside, account);
    home = outside;
    makeSystemFolders(request);
    notes.push(`the database lies in ${home}, because the account ${account.name} cannot enter ${request.dataDir}`);
  }
  let { binaries } = request;
  if (!canExecute(executable(binaries, 'postgres'), account)) {
    makeSystemFolders(request);
    binaries = copyBinaries(binaries, cloneFolder(request));
    notes.push(
      `PostgreSQL runs from a copy in ${binaries.folder}, because ${account.name} cannot reach the installed one`,
    );
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chownSync(home, account.uid, account.gid);
  chmodSync(home, 0o700);
  return { home, binaries, account, notes };
}

/** The folder outside the clone that a data folder's cluster goes to when it must. */
export function outsideHome(request: Pick<PlacementRequest, 'dataDir' | 'projectRoot' | 'systemDir'>): string {
  const isDefault = request.dataDir === join(realpathSync(request.projectRoot), DEFAULT_DATA_FOLDER);
  return join(cloneFolder(request), isDefault ? 'postgres' : `postgres-${digest(request.dataDir)}`);
}

function cloneFolder(request: Pick<PlacementRequest, 'projectRoot' | 'systemDir'>): string {
  return join(request.systemDir, digest(realpathSync(request.projectRoot)));
}

function makeSystemFolders(request: PlacementRequest): void {
  mkdirSync(request.systemDir, { recursive: true, mode: 0o755 });
  const folder = cloneFolder(request);
  if (!existsSync(join(folder, DATA_FOLDER_MARKER))) prepareDataFolder(folder);
  chmodSync(folder, 0o711);
}

function ownHome(home: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const owner = statSync(home).uid;
  if (process.getuid && owner !== process.getuid()) {
    throw setupError(
      'EMBEDDED_POSTGRES_FOREIGN_OWNER',
      `${home} belongs to user id ${owner}: start as that user or as root, or use another folder (--data-dir DIR)`,
      { home, owner },
    );
  }
  return home;
}

/** The account that owns an existing home: whoever made the cluster has to go on running it. */
function ownerOf(home: string): Account | undefined {
  const stat = statSync(home, { throwIfNoEntry: false });
  return stat && stat.uid !== 0 ? accountOf(stat.uid, stat.gid) : undefined;
}

function refuseUnreachable(inside: string, account: Account): void {
  if (!existsSync(join(inside, CLUSTER))) return;
  throw setupError(
    'EMBEDDED_POSTGRES_UNREACHABLE',
    `the database in ${inside} is no longer reachable for the account ${account.name}: ` +
      'make every folder above it enterable (chmod o+x), or start over with --fresh',
    { cluster: inside },
  );
}
