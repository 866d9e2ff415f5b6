import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Prediction, PredictionReply } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest, train } from './testing/jobs.js';
import { isFailure, type Call } from './testing/traffic.js';

const AGENT = 'market_insight';
const CONNECTIONS = 16;
/** Rows of one request: enough that some requests are under way when the stop comes. */
const ROWS = 20;

describe('SIGTERM to an api under traffic', () => {
  let installation: Installation;
  let api: RunningApi;
  let other: RunningApi;

  beforeAll(async () => {
    installation = await Installation.create();
    [api, other] = [await installation.startApi(), await installation.startApi()];
    const worker = await installation.startWorker();
    await ingest(api.client, AGENT);
    await train(api.client, { agent: AGENT, asOf: '2017-01-01', families: ['logistic'] });
    await worker.stop();
  }, 120_000);
  afterAll(() => installation.close());

  it('answers every request it had accepted, ends well, and loses no prediction it said it had', async () => {
    const items = Array.from({ length: ROWS }, () => ({ agent: AGENT }));
    const traffic = installation.traffic([api.port], CONNECTIONS, () => ({ items }));
    await eventually(() => traffic.calls.length >= 5 * CONNECTIONS);
    const stoppedAt = performance.now();
    expect(await api.process.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    const calls = await traffic.stop();
    const accepted = calls.filter(({ sentAt }) => sentAt < stoppedAt);
    expect(accepted.filter(isFailure)).toEqual([]);
    // What comes later is refused, and never half done.
    expect(new Set(calls.filter(({ sentAt }) => sentAt >= stoppedAt).map(kindOf))).not.toContain('broken');
    const logged = await loggedIds();
    const promised = calls.flatMap(idsOf);
    expect(promised.length).toBeGreaterThanOrEqual(accepted.length * ROWS);
    expect(promised.filter((id) => !logged.has(id))).toEqual([]);
  }, 60_000);

  function idsOf({ reply }: Call<unknown>): string[] {
    const body = reply?.status === 200 ? (reply.body as unknown as { items: PredictionReply[] }) : { items: [] };
    return body.items.filter(({ logged }) => logged !== 'dropped').map(({ id }) => id);
  }

  async function loggedIds(): Promise<Set<string>> {
    const rows = await other.client.all<Prediction>(`/api/v1/predictions?agent=${AGENT}`);
    return new Set(rows.map(({ id }) => id));
  }
});

/** A call after the stop: answered, refused (no connection, or told to go elsewhere), or cut off inside its answer. */
function kindOf({ reply, error }: Call<unknown>): 'answered' | 'refused' | 'broken' {
  if (reply !== undefined) return reply.status === 200 ? 'answered' : reply.status === 503 ? 'refused' : 'broken';
  return (error as NodeJS.ErrnoException).code === undefined ? 'broken' : 'refused';
}
