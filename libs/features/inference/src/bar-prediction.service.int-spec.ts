import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { AgentCatalog } from '@tidemark/config';
import type { ModelVersion } from '@tidemark/contracts';
import { inUnitOfWork, selectRows } from '@tidemark/database';
import { WorldClock, inWorld } from '@tidemark/kernel';
import { BAR_WIDTH } from '@tidemark/market-data/read';
import { Model } from '@tidemark/native';
import { Metrics } from '@tidemark/telemetry';
import {
  SMALL_VALIDATION,
  TestTraining,
  buildAgent,
  buildBars,
  createTestDatabase,
  stepClock,
  type TestDatabase,
  type TestFit,
} from '@tidemark/testing';
import { ArtifactModels } from './artifact-models.js';
import { BarPredictionService } from './bar-prediction.service.js';
import { PostgresPredictionSink } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import type { BarPrediction } from './read/index.js';
import { snapshotOf } from './testing/fake-bars.js';
import { FakeCatalog } from './testing/fake-catalog.js';

const AGENT = 'test_agent';
const BARS = buildBars(900);
const SLOT = '2017-03-01T06:00:00.000Z';

const agents = new AgentCatalog([
  { agent: buildAgent({ validation: SMALL_VALIDATION }), file: 'a.yaml', yaml: '', hash: 'a' },
]);
const snapshot = snapshotOf('test_series', BARS);

describe('BarPredictionService', () => {
  let folder: string;
  let database: TestDatabase;
  let fits: TestFit[];
  let versions: ModelVersion[];
  let catalog: FakeCatalog;
  let scorer: ArtifactModels;
  let service: BarPredictionService;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-bar-'));
    database = await createTestDatabase();
    const training = await TestTraining.prepare(folder, agents.all()[0]!.agent, BARS);
    fits = [await training.fit('base_rate'), await training.fit('logistic', 1)];
  });
  beforeEach(async () => {
    await database.dataSource.query('truncate predictions');
    const artifacts = new LocalArtifactStore(join(folder, 'artifacts'));
    catalog = new FakeCatalog();
    versions = [];
    for (const fit of fits) {
      versions.push(catalog.add(AGENT, fit, await artifacts.put(join(fit.outputDir, 'model.onnx'))));
    }
    catalog.promote(versions[0]!);
    catalog.promote(versions[1]!, 'replay-1');
    scorer = new ArtifactModels(artifacts);
    const sink = new PostgresPredictionSink(database.dataSource);
    const clock = new WorldClock(stepClock('2026-01-01T00:00:00.000Z'));
    service = new BarPredictionService(catalog, scorer, agents, sink, clock, new Metrics());
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const inReplay = <T>(work: () => T): T => inWorld({ timeline: 'replay-1', clock: stepClock(SLOT) }, work);
  const predict = (row: number): Promise<BarPrediction> => service.predictBar(AGENT, snapshot, row);
  const logged = () =>
    selectRows(
      database.dataSource,
      'select id, timeline_id, mode, at, generation, version, as_of, inputs is not null as stored from predictions',
    );

  it('predicts in a world by its Production version, and logs under its timeline and time', async () => {
    const { signature } = fits[1]!.report;
    const prediction = await inReplay(() => predict(700));
    expect(prediction).toMatchObject({
      asOf: BARS[700]!.eventTime,
      serving: { version: '0.2.0', sequence: 2, isBaseline: false, artifactSha256: versions[1]!.artifactSha256 },
      generation: 1,
    });
    const model = await Model.loadAsync(join(fits[1]!.outputDir, 'model.onnx'));
    const expected = await model.predictBars(snapshot.bars.subarray(0, 701 * BAR_WIDTH), 700, 701);
    expect(prediction.outputs).toEqual(Object.fromEntries(signature.outputs.map(({ name }, i) => [name, expected[i]])));
    expect(await logged()).toEqual([
      {
        id: prediction.id,
        timeline_id: 'replay-1',
        mode: 'loop',
        at: new Date(SLOT),
        generation: 1,
        version: '0.2.0',
        as_of: BARS[700]!.eventTime,
        stored: true,
      },
    ]);
    model.dispose();
  });

  it('predicts outside of a world for the live timeline', async () => {
    expect(await predict(700)).toMatchObject({ serving: { version: '0.1.0', isBaseline: true } });
    expect(await logged()).toMatchObject([{ timeline_id: 'main', at: new Date('2026-01-01T00:00:00.000Z') }]);
  });

  it('logs in the unit of work it runs in', async () => {
    const fails = inUnitOfWork(database.dataSource, {}, async () => {
      await inReplay(() => predict(700));
      expect(await logged()).toHaveLength(1);
      throw new Error('rolled back');
    });
    await expect(fails).rejects.toThrow('rolled back');
    expect(await logged()).toEqual([]);
    await inUnitOfWork(database.dataSource, { synchronousCommit: 'off' }, () => inReplay(() => predict(700)));
    expect(await logged()).toHaveLength(1);
  });

  it('predicts a bar once a timeline, under an id that follows from both', async () => {
    const first = await inReplay(() => predict(700));
    await expect(inReplay(() => predict(700))).rejects.toThrow();
    expect((await inReplay(() => predict(701))).id).not.toBe(first.id);
    expect((await predict(700)).id).not.toBe(first.id);
    await database.dataSource.query('truncate predictions');
    expect((await inReplay(() => predict(700))).id).toBe(first.id);
  });

  it('is not ready without a version in Production on the timeline', async () => {
    const elsewhere = inWorld({ timeline: 'replay-2', clock: stepClock(SLOT) }, () => predict(700));
    await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_READY', status: 503 });
  });

  it('gives back what the loop logged, with the artifact that answered', async () => {
    const repository = new PredictionRepository(database.dataSource);
    await insertVersions();
    for (const row of [702, 700, 701]) await inReplay(() => predict(row));
    const rows = await repository.loop(AGENT, { timeline: 'replay-1', from: BARS[701]!.eventTime });
    expect(rows.map(({ asOf }) => asOf)).toEqual([BARS[701]!.eventTime, BARS[702]!.eventTime]);
    expect(rows[0]).toMatchObject({ version: '0.2.0', sequence: 2, artifactSha256: versions[1]!.artifactSha256 });
    expect(await inReplay(() => repository.loop(AGENT, { to: BARS[700]!.eventTime }))).toHaveLength(1);
    expect(await repository.loop(AGENT)).toEqual([]);
  });

  /** What the log refers to, in the registry's own table. */
  async function insertVersions(): Promise<void> {
    const { dataSource } = database;
    await dataSource.query(`insert into timelines values ('replay-1', now()) on conflict do nothing`);
    await dataSource.query(`insert into models values ($1, 'direction', now()) on conflict do nothing`, [AGENT]);
    const { id, artifactSha256 } = versions[1]!;
    await dataSource.query(
      `insert into model_versions (id, timeline_id, model, sequence, major, minor, patch, family, stage, artifact_sha256,
         signature, metrics, report, parity, data_hash, as_of, code_version, created_at)
       values ($1, 'replay-1', $2, 2, 0, 2, 0, 'logistic', 'Production', $3, '{}', '{}', '{}', '{}', 'd', now(), '0', now())
       on conflict do nothing`,
      [id, AGENT, artifactSha256],
    );
  }

  it('scores any artifact on stored bars, from bars or from rows of inputs, with the same bits', async () => {
    const sha256 = versions[1]!.artifactSha256;
    const scored = await scorer.score(sha256, snapshot, 700, 720);
    expect([...scored.keys()]).toEqual(fits[1]!.report.signature.outputs.map(({ name }) => name));
    const inputs = await scorer.inputRows(sha256, snapshot, 700, 720);
    expect(inputs).toHaveLength(20 * (await scorer.rowWidth(sha256)));
    expect(await scorer.predictRows(sha256, inputs, 20)).toEqual([...scored.values()][0]);
    expect([...scored.values()][0]![0]).toBe(Object.values((await inReplay(() => predict(700))).outputs)[0]);
    expect(await scorer.signature(sha256)).toEqual(fits[1]!.report.signature);
    await expect(scorer.signature('f'.repeat(64))).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  it('loads an artifact once for callers who ask together', async () => {
    const { artifactSha256 } = versions[0]!;
    const [first, second] = await Promise.all([scorer.get(artifactSha256), scorer.get(artifactSha256)]);
    expect(second).toBe(first);
  });
});
