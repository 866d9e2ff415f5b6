import { spawnSync } from 'node:child_process';
import { setupError } from './embedded-postgres.errors.js';

/** The system account that the server runs under when we are root, which PostgreSQL refuses to be. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export type RunCommand = (
  command: string,
  args: readonly string[],
) => { readonly ok: boolean; readonly output: string };

const OWN_ACCOUNT = 'tidemark';
const CREATE_COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  [
    'useradd',
    [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/bin/false',
      OWN_ACCOUNT,
    ],
  ],
  ['adduser', ['-S', '-D', '-H', '-s', '/bin/false', OWN_ACCOUNT]],
];

const runCommand: RunCommand = (command, args) => {
  const result = spawnSync(command, [...args], { encoding: 'utf8' });
  return { ok: result.status === 0, output: result.error ? '' : result.stdout };
};

function findAccount(name: string, run: RunCommand): Account | undefined {
  const uid = run('id', ['-u', name]);
  const gid = run('id', ['-g', name]);
  return uid.ok && gid.ok ? { name, uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}

/**
 * `postgres` where a distribution's package made it, else our own system account, made once; `nobody` is the last
 * resort, because other services may run under it too.
 */
export function chooseAccount(run: RunCommand = runCommand): Account {
  const existing = findAccount('postgres', run) ?? findAccount(OWN_ACCOUNT, run);
  if (existing) return existing;
  for (const [command, args] of CREATE_COMMANDS) {
    if (!run(command, args).ok) continue;
    const created = findAccount(OWN_ACCOUNT, run);
    if (created) return created;
  }
  const nobody = findAccount('nobody', run);
  if (nobody && nobody.uid !== 0) return nobody;
  throw setupError(
    'EMBEDDED_POSTGRES_ACCOUNT_MISSING',
    'PostgreSQL does not run as root, and there is no account `postgres`, `tidemark` or `nobody` to run it as and no way to add one; ' +
      'run npm start as an ordinary user, or add an account: useradd --system tidemark',
  );
}

/** The account of a user id, under its name where it has one. */
export function accountOf(uid: number, gid: number, run: RunCommand = runCommand): Account {
  const name = run('id', ['-nu', String(uid)]);
  return { name: name.ok ? name.output.trim() : `user id ${uid}`, uid, gid };
}

/** Options for spawn: the account's ids when there is one, and a folder that any account may enter. */
export function spawnAs(account: Account | undefined): { cwd: string; uid?: number; gid?: number } {
  return account ? { cwd: '/', uid: account.uid, gid: account.gid } : { cwd: '/' };
}

/** Whether the account can enter the folder, asked of the system itself: mode bits alone miss ACLs and mounts. */
export function canEnter(folder: string, account: Account): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...spawnAs(account), stdio: 'ignore' }).status === 0
  );
}

export function canExecute(file: string, account: Account): boolean {
  return spawnSync(file, ['--version'], { ...spawnAs(account), stdio: 'ignore' }).status === 0;
}
