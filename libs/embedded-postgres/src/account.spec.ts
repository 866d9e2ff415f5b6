import { describe, expect, it } from '@jest/globals';
import { type RunCommand, chooseAccount } from './account.js';

/** A system with the given accounts, on which `creator` adds the account `tidemark`. */
function system(accounts: Record<string, number>, creator?: string): RunCommand {
  const known = new Map(Object.entries(accounts));
  return (command, args) => {
    if (command === creator) known.set('tidemark', 990);
    if (command !== 'id') return { ok: command === creator, output: '' };
    const id = known.get(args[1] ?? '');
    return { ok: id !== undefined, output: String(id ?? '') };
  };
}

describe('chooseAccount', () => {
  it('prefers the account that a distribution makes for PostgreSQL', () => {
    expect(chooseAccount(system({ postgres: 101, tidemark: 990, nobody: 65534 })).uid).toBe(101);
  });

  it('uses its own account when it exists, or adds it with whichever command the system has', () => {
    expect(chooseAccount(system({ tidemark: 990, nobody: 65534 })).name).toBe('tidemark');
    expect(chooseAccount(system({ nobody: 65534 }, 'useradd')).name).toBe('tidemark');
    expect(chooseAccount(system({ nobody: 65534 }, 'adduser')).name).toBe('tidemark');
  });

  it('falls back to nobody, and fails with a code when there is no account at all', () => {
    expect(chooseAccount(system({ nobody: 65534 })).name).toBe('nobody');
    expect(() => chooseAccount(system({}))).toThrow(
      expect.objectContaining({ code: 'EMBEDDED_POSTGRES_ACCOUNT_MISSING' }),
    );
  });
});
