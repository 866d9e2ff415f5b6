import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setupError } from './embedded-postgres.errors.js';

/**
 * initdb looks its user id up in the account database and gives up when it has no entry, which is usual in
 * containers started with `--user 12345`; its -U flag does not help. The server itself does not care. So initdb, and
 * only initdb, gets this library preloaded, which answers the look-up.
 */
const SOURCE = `#include <pwd.h>
#include <stddef.h>
static struct passwd entry = {
  .pw_name = "tidemark", .pw_passwd = "x", .pw_gecos = "", .pw_dir = "/", .pw_shell = "/bin/sh"
};
struct passwd *getpwuid(uid_t uid) { entry.pw_uid = uid; entry.pw_gid = uid; return &entry; }
`;

const COMPILERS = ['cc', 'gcc', 'clang'] as const;

export function hasUserEntry(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    // Node throws ENOENT exactly when the user id has no entry.
    return false;
  }
}

/** Builds the library in a new folder below `parent`, passes its path to `use`, and removes it again. */
export async function withUserEntryShim<T>(parent: string, use: (library: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(parent, 'user-entry-'));
  try {
    chmodSync(folder, 0o755);
    const source = join(folder, 'user-entry.c');
    const library = join(folder, 'user-entry.so');
    writeFileSync(source, SOURCE);
    const built = COMPILERS.some(
      (compiler) => spawnSync(compiler, ['-shared', '-fPIC', '-o', library, source]).status === 0,
    );
    if (!built) {
      throw setupError(
        'EMBEDDED_POSTGRES_ACCOUNT_MISSING',
        `user id ${process.getuid?.() ?? 0} has no entry in /etc/passwd, which initdb insists on, and no C compiler (${COMPILERS.join(', ')}) ` +
          'could build the stand-in for it; add an entry for the user id, or install a C compiler',
      );
    }
    return await use(library);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
