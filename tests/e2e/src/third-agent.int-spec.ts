import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidemark/config';
import type { MainJob, ModelVersion, PredictionReply } from '@tidemark/contracts';
import { barsCsv, plantedBars } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob } from './testing/jobs.js';

const SHIPPED = join(repositoryRoot(), 'config/agents');

/** What a user writes: their own bars, another horizon, three of the features, one family. */
const YAML = `
agent: house_index
description: Will our own index be higher in three days?
task: direction
source:
  series: house_index
  kind: csv
  path: house-index.csv
  columns: { time: date, volume: volume }
features: [ret_5, ret_20, rsi_14]
label: { kind: forward_return_sign, lag: 1, horizon: 3 }
baseline: base_rate
families: [logistic]
sealedFrom: 2008-03-19
`;

describe('a third agent from a file', () => {
  let installation: Installation;
  let api: RunningApi;
  let done: MainJob;

  beforeAll(async () => {
    installation = await Installation.create();
    const folder = join(installation.folder, 'agents');
    mkdirSync(folder);
    for (const name of ['market_insight.yaml', 'risk_assessor.yaml']) {
      copyFileSync(join(SHIPPED, name), join(folder, name));
    }
    writeFileSync(join(folder, 'house_index.yaml'), YAML);
    writeFileSync(join(folder, 'house-index.csv'), barsCsv(plantedBars({ seed: 4, bars: 3_200 })));
    const env = { TIDEMARK_AGENTS_DIR: folder };
    api = await installation.startApi(env);
    await installation.startWorker(env);
    done = await runMainJob(api.client);
  }, 120_000);
  afterAll(() => installation.close());

  it('goes through the whole main job beside the others', () => {
    expect(done.results.map(({ agent }) => agent).sort()).toEqual(['house_index', 'market_insight', 'risk_assessor']);
    const table = done.results.find(({ agent }) => agent === 'house_index')!;
    expect(table).toMatchObject({ span: { from: '2008-03-19T00:00:00.000Z', bars: 200 }, servedVersion: '1.0.0' });
    expect(table.rows.map(({ kind }) => kind)).toEqual(['baseline', 'hold', 'family', 'served']);
    // Lag 1 and horizon 3: the last four labels have not matured.
    expect(table.rows.at(-1)!.bars).toBe(196);
  });

  it('has a model of the inputs and the label it names', async () => {
    const version = await api.client.get<ModelVersion>('/api/v1/models/house_index/1.0.0');
    expect(version.signature.inputs.map(({ name }) => name)).toEqual(['ret_5', 'ret_20', 'rsi_14']);
    expect(version.signature.label).toEqual({ kind: 'forward_return_sign', lag: 1, horizon: 3 });
    const reply = await api.client.post<PredictionReply>('/api/v1/predict', {
      agent: 'house_index',
      features: { ret_5: 0.01, ret_20: 0.03, rsi_14: 0.6 },
    });
    expect(reply).toMatchObject({ version: '1.0.0', asOf: null });
  });
});

describe('an agents folder with mistakes', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.create();
  });
  afterAll(() => installation.close());

  it('starts nothing, and names every mistake with file and line', async () => {
    const folder = join(installation.folder, 'agents');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'a.yaml'),
      YAML.replace('task: direction', 'task: guessing').replace('ret_20', 'ret_21'),
    );
    writeFileSync(join(folder, 'b.yaml'), `${YAML}colour: blue\n`);
    writeFileSync(join(folder, 'c.yaml'), YAML);
    const env = { TIDEMARK_AGENTS_DIR: folder };
    const api = installation.startProcess('api', env);
    const worker = installation.startProcess('worker', env);
    expect(await Promise.all([api.exited, worker.exited])).toEqual([
      { code: 2, signal: null },
      { code: 2, signal: null },
    ]);
    for (const log of [api.log(), worker.log()]) {
      expect(log).toContain('AGENT_FILE_INVALID');
      for (const place of ['a.yaml:4:', 'a.yaml:10:', 'b.yaml:15:', 'c.yaml:8:']) expect(log).toContain(place);
    }
  }, 30_000);
});
