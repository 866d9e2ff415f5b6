import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainingWorkspace } from './training-workspace.js';

describe('TrainingWorkspace', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tidemark-workspace-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const open = (attempt: number): Promise<TrainingWorkspace> =>
    TrainingWorkspace.create(dataDir, { id: 'job', attempt });

  it('is gone with the job’s folder once removed', async () => {
    const workspace = await open(1);
    await workspace.writeBars('bars');
    await workspace.remove();
    expect(readdirSync(join(dataDir, 'work'))).toEqual([]);
  });

  it('removes what an attempt before left', async () => {
    const lost = await open(1);
    await lost.writeBars('old');
    const next = await open(2);
    expect(existsSync(lost.root)).toBe(false);
    expect(existsSync(next.barsPath)).toBe(false);
  });

  it('is not touched by an attempt that ends after it lost its lease', async () => {
    const lost = await open(1);
    const next = await open(2);
    await next.writeBars('new');
    await lost.remove();
    expect(existsSync(next.barsPath)).toBe(true);
    await next.remove();
    expect(existsSync(join(dataDir, 'work', 'job'))).toBe(false);
  });

  it('is removed later when its worker was killed and its job is not open any more', async () => {
    const ids = ['018f0000-0000-7000-8000-00000000000a', '018f0000-0000-7000-8000-00000000000b'];
    await TrainingWorkspace.removeAbandoned(dataDir, () => Promise.resolve(false));
    for (const id of ids) await TrainingWorkspace.create(dataDir, { id, attempt: 1 });
    mkdirSync(join(dataDir, 'work', 'not-ours'));
    await TrainingWorkspace.removeAbandoned(dataDir, (id) => Promise.resolve(id === ids[0]));
    expect(readdirSync(join(dataDir, 'work')).sort()).toEqual([ids[0], 'not-ours']);
  });

  it.each([
    ['is missing', undefined],
    ['is not JSON', '{'],
    ['does not follow the contract', '{"contractVersion":2}'],
  ])('says so when a trainer’s output %s', async (_what, text) => {
    const workspace = await open(1);
    const folder = await workspace.folder('dataset');
    mkdirSync(folder, { recursive: true });
    if (text !== undefined) writeFileSync(join(folder, 'dataset.json'), text);
    await expect(workspace.dataset(folder)).rejects.toMatchObject({ code: 'TRAINER_OUTPUT_INVALID', family: 'defect' });
    await expect(workspace.report(folder)).rejects.toMatchObject({ code: 'TRAINER_OUTPUT_INVALID' });
  });
});
