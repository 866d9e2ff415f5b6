import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyBinaries, linkLibraries } from './binaries.js';
import { pruneServerLogs, tailOf } from './server-logs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-binaries-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('library links of the platform package', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'native', 'lib'), { recursive: true });
    writeFileSync(join(folder, 'native', 'lib', 'libx.so.6.1'), 'library');
    const links = [{ source: 'native/lib/libx.so.6.1', target: 'native/lib/libx.so.6' }];
    writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  });

  it('are made when the postinstall script did not run, and left alone when it did', () => {
    linkLibraries(folder);
    linkLibraries(folder);
    expect(readlinkSync(join(folder, 'native', 'lib', 'libx.so.6'))).toBe('libx.so.6.1');
  });

  it('survive the copy of the binaries', () => {
    linkLibraries(folder);
    const copy = copyBinaries({ folder: join(folder, 'native'), version: '1.0' }, folder);
    expect(readlinkSync(join(copy.folder, 'lib', 'libx.so.6'))).toBe('libx.so.6.1');
  });
});

describe('server log files', () => {
  it('are pruned to the newest ones; other files stay', () => {
    for (const day of ['01', '02', '03']) writeFileSync(join(folder, `postgres-202001${day}-000000.log`), '');
    writeFileSync(join(folder, 'startup.log'), '');
    expect(pruneServerLogs(folder, 2)).toEqual(['postgres-20200101-000000.log']);
    expect(existsSync(join(folder, 'startup.log'))).toBe(true);
  });

  it('are read from the end by whole lines', () => {
    const file = join(folder, 'a.log');
    writeFileSync(file, 'first line\nsecond\nthird\n');
    expect(tailOf(file, 16)).toBe('second\nthird\n');
    expect(tailOf(join(folder, 'none.log'))).toBe('');
  });
});
