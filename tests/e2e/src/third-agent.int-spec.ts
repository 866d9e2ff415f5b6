import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob, ModelVersion, PredictionReply } from '@tidemark/contracts';
import { barsCsv, plantedBars } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob } from './testing/jobs.js';

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
replay: { from: 2008-01-01 }
`;

describe('a third agent from a file', () => {
  let installation: Installation;
  let api: RunningApi;
  let done: MainJob;

  beforeAll(async () => {
    installation = await Installation.create();
    writeFileSync(join(installation.agentsDir, 'house_index.yaml'), YAML);
    writeFileSync(join(installation.agentsDir, 'house-index.csv'), barsCsv(plantedBars({ seed: 4, bars: 3_200 })));
    api = await installation.startApi();
    await installation.startWorker();
    done = await runMainJob(api.client);
  }, 240_000);
  afterAll(() => installation.close());

  it('goes through the whole main job beside the others', () => {
    expect(done.results.map(({ agent }) => agent).sort()).toEqual(['house_index', 'market_insight', 'risk_assessor']);
    const table = done.results.find(({ agent }) => agent === 'house_index')!;
    expect(table).toMatchObject({ timeline: 'main', span: { from: '2008-01-01T00:00:00.000Z', bars: 278 } });
    expect(table.rows.map(({ kind }) => kind).filter((kind) => kind !== 'era')).toEqual([
      'baseline',
      'hold',
      'once',
      'always',
      'gated',
      'policy',
    ]);
    // Lag 1 and horizon 3: the last four labels have not matured.
    expect(table.rows.find(({ kind }) => kind === 'policy')!.bars).toBe(274);
    expect(table.served.at(-1)).toMatchObject({ family: 'logistic', isBaseline: false });
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
    const folder = join(installation.folder, 'mistaken');
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
    const scheduler = installation.startProcess('scheduler', env);
    for (const process of [api, worker, scheduler]) {
      expect(await process.exited).toEqual({ code: 2, signal: null });
      expect(process.log()).toContain('AGENT_FILE_INVALID');
      for (const place of ['a.yaml:4:', 'a.yaml:10:', 'b.yaml:16:', 'c.yaml:8:'])
        expect(process.log()).toContain(place);
    }
  }, 30_000);
});
