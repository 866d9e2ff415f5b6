import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATA_FOLDER_MARKER, isOurDataFolder, prepareDataFolder } from './data-folder.js';
import { DataFolderLock } from './data-folder-lock.js';
import { startToken } from './process-identity.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-folder-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('prepareDataFolder', () => {
  it('makes and marks a new folder, and accepts it again', () => {
    const made = prepareDataFolder(join(folder, 'a', 'b'));
    expect(existsSync(join(made, DATA_FOLDER_MARKER))).toBe(true);
    writeFileSync(join(made, 'file'), '');
    expect(prepareDataFolder(made)).toBe(made);
  });

  it('refuses a folder with files of somebody else and leaves it unmarked', () => {
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    expect(() => prepareDataFolder(folder)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_FOREIGN' }));
    expect(isOurDataFolder(folder)).toBe(false);
  });

  it('takes the default folder as its own, also when another command wrote to it first', () => {
    const usual = join(folder, '.tidemark');
    mkdirSync(usual);
    writeFileSync(join(usual, 'api-key'), '');
    expect(isOurDataFolder(prepareDataFolder(usual))).toBe(true);
  });

  it('refuses a path that is a file', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => prepareDataFolder(file)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_NOT_WRITABLE' }));
  });
});

describe('DataFolderLock', () => {
  const lockFile = (): string => join(folder, 'lock');
  const leave = (holder: Record<string, unknown>): void =>
    writeFileSync(lockFile(), JSON.stringify({ since: 'then', purpose: 'test', ticket: 'other', ...holder }));

  it('refuses while a live process holds it, and names that process', () => {
    DataFolderLock.acquire(lockFile(), 'first');
    expect(() => DataFolderLock.acquire(lockFile(), 'second')).toThrow(
      expect.objectContaining({
        code: 'DATA_FOLDER_LOCKED',
        details: expect.objectContaining({ pid: process.pid, purpose: 'first' }) as unknown,
      }),
    );
  });

  it('can be taken again after a release', () => {
    DataFolderLock.acquire(lockFile(), 'first').release();
    expect(existsSync(lockFile())).toBe(false);
    DataFolderLock.acquire(lockFile(), 'second').release();
  });

  it('is taken over from a dead process, from a reused pid and from a half-written file', () => {
    for (const stale of [
      { pid: 2 ** 22 + 1, startToken: 'x' },
      { pid: process.ppid, startToken: 'another start' },
    ]) {
      leave(stale);
      DataFolderLock.acquire(lockFile(), 'heir').release();
    }
    writeFileSync(lockFile(), '{"pid": 1');
    DataFolderLock.acquire(lockFile(), 'heir');
    expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid, purpose: 'heir' });
  });

  it('does not release a lock that somebody else took over', () => {
    const mine = DataFolderLock.acquire(lockFile(), 'first');
    leave({ pid: process.ppid, startToken: startToken(process.ppid) });
    mine.release();
    expect(existsSync(lockFile())).toBe(true);
  });
});
