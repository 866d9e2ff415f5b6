import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a few megabytes in memory, so that a test can fill a disk and harm nobody. */
export interface SmallDisk {
  /** Its root as this process reaches it. */
  readonly folder: string;
  /** Its root as processes started with {@link SmallDisk.command} reach it. */
  readonly inside: string;
  /** What to start so that `command` reaches the disk. It does not run as root where this process does not. */
  command(command: readonly string[]): readonly string[];
  /** Takes all the room there is. */
  fill(): void;
  /** Gives the room back. */
  free(): void;
  /** Whatever ran on the disk must have ended. */
  close(): Promise<void>;
}

/** Who may mount one: this process itself, `sudo` without a password, or a namespace of its own. */
type Route = 'mount' | 'sudo' | 'namespace';

/** In a shell: `$1` megabytes, `$2` the folder. */
const MOUNT = 'mount -t tmpfs -o "size=$1m,mode=755" tmpfs "$2"';
const FILLER = 'filler';
const MIB = 1_048_576;
const SUDO = ['sudo', '-n'];
/** Of a process that would be root in the namespace, where servers refuse to be: `nobody` of Linux. */
const NOBODY = 65_534;

/** Whether a small disk can be made here; suites that need one are skipped where not. */
export function hasSmallDisk(): boolean {
  return findRoute() !== undefined;
}

export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const route = findRoute();
  if (route === undefined) throw new Error('neither this account nor a namespace of its own may mount a file system');
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-disk-'));
  if (route === 'namespace') return inNamespace(folder, megabytes);
  return mounted(folder, megabytes, route === 'sudo' ? SUDO : []);
}

function mounted(folder: string, megabytes: number, privilege: readonly string[]): SmallDisk {
  const owner = `uid=${process.getuid?.() ?? 0},gid=${process.getgid?.() ?? 0}`;
  const size = `size=${megabytes}m,mode=755,${owner}`;
  runOrThrow([...privilege, 'mount', '-t', 'tmpfs', '-o', size, 'tmpfs', folder]);
  const close = (): Promise<void> => {
    runOrThrow([...privilege, 'umount', folder]);
    rmdirSync(folder);
    return Promise.resolve();
  };
  return { folder, inside: folder, command: (command) => command, ...filler(folder), close };
}

/** The mount is seen in the namespace only, which lasts as long as the process that holds it. */
async function inNamespace(inside: string, megabytes: number): Promise<SmallDisk> {
  const script = `${MOUNT} && echo mounted && exec cat`;
  const holder = spawn('unshare', ['-Urm', 'sh', '-c', script, 'sh', String(megabytes), inside], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const enter = ['nsenter', '--preserve-credentials', '-U', '-m', '-t', String(holder.pid)];
  const uid = process.getuid?.() ?? 0;
  const user = String(uid === 0 ? NOBODY : uid);
  const folder = `/proc/${holder.pid}/root${inside}`;
  return {
    folder,
    inside,
    command: (command) => [...enter, 'unshare', '-U', `--map-user=${user}`, `--map-group=${user}`, ...command],
    ...filler(folder),
    close: () => release(holder, inside),
  };
}

async function release(holder: ChildProcess, inside: string): Promise<void> {
  holder.stdin!.end();
  if (holder.exitCode === null) await once(holder, 'exit');
  rmdirSync(inside);
}

function filler(folder: string): Pick<SmallDisk, 'fill' | 'free'> {
  const path = join(folder, FILLER);
  return {
    fill: () => {
      const file = openSync(path, 'a');
      try {
        for (const bytes of [MIB, 4096, 1]) writeUntilFull(file, Buffer.alloc(bytes, 1));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(path),
  };
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function findRoute(): Route | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-disk-'));
  const inside = join(folder, 'disk');
  mkdirSync(inside);
  const script = ['sh', '-c', `${MOUNT} && umount "$2"`, 'sh', '1', inside];
  try {
    if (succeeds(script)) return 'mount';
    if (succeeds([...SUDO, ...script])) return 'sudo';
    return succeeds(['unshare', '-Urm', ...script]) ? 'namespace' : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function succeeds([program, ...args]: readonly string[]): boolean {
  return spawnSync(program!, args, { stdio: 'ignore' }).status === 0;
}

function runOrThrow([program, ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}
