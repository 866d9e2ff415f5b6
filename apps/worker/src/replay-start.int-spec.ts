import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentSchema } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import { uuidOf } from '@tidemark/kernel';
import { IngestService } from '@tidemark/market-data';
import { SMALL_VALIDATION, plantedBars, type TestBar } from '@tidemark/testing';
import { barsBeforeReplay } from '@tidemark/training/read';
import { plantedAgent } from './testing/planted-agent.js';
import { ReplayBench } from './testing/replay-bench.js';

const NAME = 'beginner';
const AGENT = plantedAgent(NAME, { validation: SMALL_VALIDATION });
const NEEDED = barsBeforeReplay(agentSchema.parse(AGENT));
const BARS = plantedBars({ seed: 5, bars: NEEDED + 10 });
const dayOf = ({ eventTime }: TestBar): string => eventTime.toISOString().slice(0, 10);

describe('where a replay begins', () => {
  let bench: ReplayBench;

  beforeAll(async () => {
    bench = await ReplayBench.open([AGENT]);
    await bench.app.get(IngestService).store(NAME, BARS, { source: 'test', knownAfterHours: 24 });
  }, 60_000);
  afterAll(() => bench.close());

  it('is by default the earliest day on which the baseline can be fitted', async () => {
    const { state, result } = await bench.replay({ agent: NAME, timeline: 'earliest' });
    expect([state, result]).toMatchObject(['succeeded', { from: BARS[NEEDED]!.eventTime.toISOString(), bars: 10 }]);
  }, 60_000);

  it('is refused a day before, whoever asked for the job', async () => {
    const early = bench.replay({ agent: NAME, timeline: 'early', from: dayOf(BARS[NEEDED - 1]!) });
    await expect(early).rejects.toMatchObject({ code: 'REPLAY_TOO_EARLY' });
    expect(await bench.loop('early', NAME)).toBeUndefined();
  }, 60_000);

  it('has to be later where the baseline could not be fitted all the same, and the halt says so', async () => {
    const timeline = 'short';
    const id = uuidOf('baseline', timeline, NAME);
    await bench.store.start({ id, kind: 'train', agent: NAME, payload: { agent: NAME, timeline, mode: 'baseline' } });
    const failure = { code: 'TRAINING_INSUFFICIENT_DATA', message: 'rows: 257 given; use a longer history' };
    await execute(
      bench.database.dataSource,
      `update job_run set state = 'failed', error_code = $2, error_message = $3, ended_at = now() where id = $1`,
      [id, failure.code, failure.message],
    );
    await expect(bench.replay({ agent: NAME, timeline })).rejects.toMatchObject({
      code: 'REPLAY_HALTED',
      message: expect.stringMatching(
        /use a longer history\. Trying again .+ later `from`, on another timeline than short\.$/,
      ),
    });
    expect(await bench.loop(timeline, NAME)).toMatchObject({ state: 'halted', halted: failure });
  }, 60_000);
});
