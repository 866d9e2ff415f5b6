import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingLog } from './rotating-log.js';

describe('RotatingLog', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-log-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('moves full files aside and keeps a limited number of them', () => {
    const file = join(folder, 'api.log');
    const log = new RotatingLog(file, 10, 2);
    for (const line of ['first 1\n', 'second\n', 'third 3\n', 'fourth\n']) log.write(Buffer.from(line));
    log.close();
    expect([file, `${file}.1`, `${file}.2`].map((name) => readFileSync(name, 'utf8'))).toEqual([
      'fourth\n',
      'third 3\n',
      'second\n',
    ]);
    expect(existsSync(`${file}.3`)).toBe(false);
  });

  it('goes on in the file of an earlier run and counts what is in it', () => {
    const file = join(folder, 'api.log');
    for (const line of ['12345\n', '6789\n']) {
      const log = new RotatingLog(file, 10, 2);
      log.write(Buffer.from(line));
      log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('6789\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('12345\n');
  });

  it('loses a line rather than failing when the file cannot be written', () => {
    const log = new RotatingLog(join(folder, 'api.log'), 10, 2);
    log.close();
    expect(log.write(Buffer.from('too late'))).toBe(false);
  });
});
