import { afterEach, describe, expect, it } from '@jest/globals';
import { modelSchema } from '@tidemark/contracts';
import { FakeApi, errorBody, type FakeRoutes } from '../testing/fake-api.js';
import { ApiClient, route } from './api-client.js';

const MODEL = { name: 'a', task: 'direction', versions: 1, extra: 'kept' };

describe('ApiClient', () => {
  let api: FakeApi | undefined;

  afterEach(() => api?.stop());

  async function client(routes: FakeRoutes): Promise<ApiClient> {
    api = await FakeApi.start(routes);
    return new ApiClient(api.url, () => 'tm_secret');
  }

  it('sends the key, encodes the path and leaves out absent parameters', async () => {
    const asked = await client({ 'GET /api/v1/models/a%2Fb': { body: MODEL } });
    await asked.get(route`models/${'a/b'}`, modelSchema, { limit: 2, cursor: undefined });
    expect(api?.requests[0]).toMatchObject({
      line: 'GET /api/v1/models/a%2Fb?limit=2',
      headers: { authorization: 'Bearer tm_secret' },
    });
  });

  it('returns the checked value and the body as it came', async () => {
    const asked = await client({ 'GET /api/v1/models/a': { body: MODEL } });
    const { value, body } = await asked.get('models/a', modelSchema);
    expect(value).not.toHaveProperty('extra');
    expect(body).toEqual(MODEL);
  });

  it.each([
    [404, 'VERSION_UNKNOWN', 'caller', 2],
    [409, 'GATE_NOT_PASSED', 'caller', 2],
    [500, 'INTERNAL', 'defect', 70],
    [503, 'DATABASE_UNAVAILABLE', 'operational', 75],
    [504, 'PREDICT_DEADLINE', 'operational', 75],
  ])('turns status %i %s into the family %s with exit code %i', async (status, code, family, exitCode) => {
    const asked = await client({ 'GET /api/v1/models/a': { status, body: errorBody(code, 'why') } });
    await expect(asked.get('models/a', modelSchema)).rejects.toMatchObject({ code, family, exitCode, status });
  });

  it('lists every problem when there are several', async () => {
    const problems = [
      { row: 3, column: 'low', message: 'low 2 is above high 1' },
      { path: 'bars.4', message: 'bad' },
    ];
    const asked = await client({
      'POST /api/v1/bars': { status: 400, body: errorBody('BARS_INVALID', 'two', { problems }) },
    });
    const expected = 'two\n  row 3, column low: low 2 is above high 1\n  bars.4: bad';
    await expect(asked.post('bars', modelSchema)).rejects.toMatchObject({ message: expected });
  });

  it('names an answer that is no JSON, has no code, or is of another form', async () => {
    const asked = await client({
      'GET /api/v1/text': { body: '<html>' },
      'GET /api/v1/bare': { status: 502, body: {} },
      'GET /api/v1/other': { body: { name: 1 } },
    });
    for (const path of ['text', 'bare', 'other']) {
      await expect(asked.get(path, modelSchema)).rejects.toMatchObject({ code: 'API_ANSWER_UNKNOWN', exitCode: 75 });
    }
  });

  it('says that nobody answers', async () => {
    const asked = await client({});
    await api?.stop();
    api = undefined;
    await expect(asked.get('models', modelSchema)).rejects.toMatchObject({ code: 'API_UNREACHABLE', exitCode: 75 });
  });

  it('reads a health report also when it comes with 503', async () => {
    const report = { status: 'down', parts: { models: { status: 'down', message: 'none' } } };
    const asked = await client({ 'GET /health': { status: 503, body: report } });
    expect(await asked.health()).toEqual(report);
  });
});
