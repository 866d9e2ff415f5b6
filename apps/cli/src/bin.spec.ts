import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const BIN = resolve(import.meta.dirname, '../bin/tidemark.mjs');

describe('the program', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-bin-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (file: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [file, ...args], (error, stdout, stderr) =>
        done({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  it('runs a command line', async () => {
    expect(await start(BIN, '--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await start(BIN, 'nope')).toMatchObject({ code: 2, stdout: '' });
  });

  it('says what to do before it is built', async () => {
    mkdirSync(join(folder, 'bin'));
    const copy = join(folder, 'bin', 'tidemark.mjs');
    copyFileSync(BIN, copy);
    expect(await start(copy)).toMatchObject({ code: 75, stderr: expect.stringMatching(/^CLI_NOT_BUILT: /) });
  });
});
