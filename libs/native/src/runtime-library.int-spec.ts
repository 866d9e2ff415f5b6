import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultLibrary } from './addon.js';

const ENTRY = pathToFileURL(join(import.meta.dirname, 'index.js')).href;

/** A broken library is tried in a process of its own: what is tested is that the process lives to tell the code. */
function initialise(...libraries: string[]): { status: number | null; codes: string[] } {
  const script = `
    import { initNative } from ${JSON.stringify(ENTRY)};
    for (const ortLibrary of process.argv.slice(1)) {
      try { initNative({ ortLibrary }); console.log('OK'); } catch (error) { console.log(error.code); }
    }`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...libraries], { encoding: 'utf8' });
  return { status: child.status, codes: child.stdout.trim().split('\n') };
}

describe('the ONNX Runtime library', () => {
  let folder: string;
  let copy: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-library-'));
    copy = join(folder, 'library.so');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([1, 500, 1_000, 100_000, 20_000_000, 45_000_000])('is refused when cut to %d bytes', (bytes) => {
    copyFileSync(defaultLibrary(), copy);
    const file = openSync(copy, 'r+');
    ftruncateSync(file, bytes);
    closeSync(file);
    const code = bytes < 4 ? 'RUNTIME_LIBRARY_INVALID' : 'RUNTIME_LIBRARY_TRUNCATED';
    expect(initialise(copy)).toEqual({ status: 0, codes: [code] });
  });

  it('is refused one byte short', () => {
    copyFileSync(defaultLibrary(), copy);
    const file = openSync(copy, 'r+');
    ftruncateSync(file, statSync(copy).size - 1);
    closeSync(file);
    expect(initialise(copy)).toEqual({ status: 0, codes: ['RUNTIME_LIBRARY_TRUNCATED'] });
  });

  it('can be named again after a wrong one', () => {
    writeFileSync(copy, 'not a library, only a text that is longer than the header of one, and then some');
    const addon = join(import.meta.dirname, '../tidemark.node');
    expect(initialise(join(folder, 'none'), 'relative.so', folder, copy, addon, defaultLibrary())).toEqual({
      status: 0,
      codes: [
        'RUNTIME_LIBRARY_MISSING',
        'RUNTIME_LIBRARY_MISSING',
        'RUNTIME_LIBRARY_MISSING',
        'RUNTIME_LIBRARY_INVALID',
        'RUNTIME_LIBRARY_INVALID',
        'OK',
      ],
    });
  });
});
