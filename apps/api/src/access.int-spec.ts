import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccessPolicy } from '@tidemark/auth';
import { declaredPolicies } from './testing/route-policies.js';
import { startTestApi, type TestApi } from './testing/test-api.js';

/** Pages that Nest's documentation module adds: a hook in docs.ts applies their policy. */
const DOCS = /^\/docs(-json|-yaml)?(\/|$)/;
/** What a person on this machine looks at in a browser. */
const REPORTS = ['/reports/:timeline', '/reports/:timeline/:agent'];

const ELSEWHERE = '203.0.113.7';

describe('access policy of every route', () => {
  let api: TestApi;
  /** Every route of the router: method, path with example parameters, and its policy. */
  let routes: { method: 'GET' | 'POST' | 'HEAD'; pattern: string; url: string; policy: AccessPolicy | undefined }[];

  beforeAll(async () => {
    api = await startTestApi();
    const policies = declaredPolicies(api.app);
    routes = api.routes.flatMap((route) =>
      [route.method].flat().map((method) => {
        const declared = policies.get(`${method === 'HEAD' ? 'GET' : method} ${route.url}`);
        const policy = DOCS.test(route.url) ? 'loopback' : declared;
        const url = route.url.replace(/:[a-zA-Z]+/g, 'x1').replace('*', 'x');
        return { method: method as 'GET' | 'POST' | 'HEAD', pattern: route.url, url, policy };
      }),
    );
  });
  afterAll(() => api.close());

  const from = (remoteAddress: string, { method, url }: { method: 'GET' | 'POST' | 'HEAD'; url: string }) =>
    api.app.inject({ method, url, remoteAddress });

  it('is declared on the handler or its controller', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.filter(({ policy }) => policy === undefined)).toEqual([]);
  });

  it('knows every handler that declares one', () => {
    const served = new Set(routes.map(({ method, pattern }) => `${method} ${pattern}`));
    expect([...declaredPolicies(api.app).keys()].filter((route) => !served.has(route))).toEqual([]);
  });

  it('leaves only health open, and only the documentation and the reports to this machine', () => {
    const open = routes.filter(({ policy }) => policy === 'open').map(({ pattern }) => pattern);
    expect(new Set(open)).toEqual(new Set(['/health', '/api/health']));
    const local = routes.filter(({ policy }) => policy === 'loopback').map(({ pattern }) => pattern);
    expect(new Set(local.filter((pattern) => !DOCS.test(pattern)))).toEqual(new Set(REPORTS));
  });

  it('answers 401 without a key wherever a key is needed, from this machine too', async () => {
    const closed = routes.filter(({ policy }) => policy === 'key');
    for (const route of closed) {
      const reply = await from('127.0.0.1', route);
      expect([route.method, route.url, reply.statusCode]).toEqual([route.method, route.url, 401]);
      if (route.method !== 'HEAD') expect(reply.json()).toMatchObject({ code: 'UNAUTHENTICATED', details: {} });
    }
  });

  it('answers 401 to a wrong key', async () => {
    const wrong = `Bearer tm_aaaabbbbcccc_${'x'.repeat(43)}`;
    const reply = await api.app.inject({ url: '/api/v1/models', headers: { authorization: wrong } });
    expect([reply.statusCode, reply.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  });

  it('accepts the key in either header', async () => {
    const key = api.keyed.authorization.slice('Bearer '.length);
    for (const headers of [api.keyed, { 'x-api-key': key }]) {
      expect((await api.app.inject({ url: '/api/v1/models', headers })).statusCode).toBe(200);
    }
  });

  it('opens health to everyone', async () => {
    for (const url of ['/health', '/api/health']) {
      expect((await from(ELSEWHERE, { method: 'GET', url })).statusCode).toBe(200);
    }
  });

  it.each([
    '/docs',
    '/docs-json',
    '/docs-yaml',
    '/%64ocs-json',
    '/%64ocs',
    '/docs/%69ndex.html',
    '/docs/swagger-ui.css',
    '/docs?x=1',
    '//docs',
    '/docs/',
    '/reports/main',
    '/reports/main/market_insight',
    '/%72eports/main',
  ])('gives %s to this machine or with a key, and to nobody else', async (url) => {
    const remote = await from(ELSEWHERE, { method: 'GET', url });
    expect([401, 404]).toContain(remote.statusCode);
    const forwarded = await api.app.inject({ url, headers: { 'x-forwarded-for': ELSEWHERE } });
    expect(forwarded.statusCode).toBe(remote.statusCode);
    const local = await from('127.0.0.1', { method: 'GET', url });
    const keyed = await api.app.inject({ url, remoteAddress: ELSEWHERE, headers: api.keyed });
    expect(local.statusCode).toBe(keyed.statusCode);
    expect([200, 404]).toContain(local.statusCode);
  });

  it('gives the documents themselves', async () => {
    const reply = await from('127.0.0.1', { method: 'GET', url: '/docs-json' });
    expect(reply.json()).toMatchObject({ openapi: expect.stringMatching(/^3\./) });
    expect((await from('127.0.0.1', { method: 'GET', url: '/docs' })).statusCode).toBe(200);
  });
});
