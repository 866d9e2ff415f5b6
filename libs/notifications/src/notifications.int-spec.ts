import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execute, inUnitOfWork, selectRows } from '@tidemark/database';
import { SteppedClock, inWorld } from '@tidemark/kernel';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { NotificationOutbox } from './notification-outbox.js';
import { signedHeaders } from './signature.js';
import { WebhookSender } from './webhook-sender.js';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const ALERT = { kind: 'alert.opened', agent: 'a', data: { monitor: 'loss', severity: 'high' } };
const START = new Date('2026-01-01T00:00:00Z');

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('notifications', () => {
  let database: TestDatabase;
  let server: Server;
  let received: Received[];
  let answer: number;
  let clock: SteppedClock;
  let outbox: NotificationOutbox;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answer, { location: 'http://127.0.0.1:1/' }).end('no thanks');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await database.close();
  });
  beforeEach(() => {
    received = [];
    answer = 204;
    clock = new SteppedClock(START);
    outbox = new NotificationOutbox(database.dataSource, clock);
  });
  afterEach(() => execute(database.dataSource, 'delete from notification_outbox'));

  function sender(url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`): WebhookSender {
    return new WebhookSender(outbox, { webhook: { url, secret: SECRET } }, clock, new Metrics(), silentLogger());
  }
  const wait = (seconds: number): void => clock.stepTo(new Date(clock.now().getTime() + seconds * 1000));
  const rows = (): Promise<Record<string, unknown>[]> =>
    selectRows(database.dataSource, 'select attempts, sent_at, failed_at, last_error from notification_outbox');

  it('are posted once, signed over id, time and body', async () => {
    await outbox.add(ALERT);
    await sender().send();
    await sender().send();
    expect(received).toHaveLength(1);
    const [{ headers, body }] = received as [Received];
    expect(JSON.parse(body)).toEqual({
      type: 'alert.opened',
      timestamp: START.toISOString(),
      data: { agent: 'a', monitor: 'loss', severity: 'high' },
    });
    const expected = signedHeaders(SECRET, headers['webhook-id'] as string, START, body);
    expect(headers).toMatchObject(expected);
    expect(signedHeaders(SECRET, headers['webhook-id'] as string, START, `${body} `)).not.toMatchObject({
      'webhook-signature': expected['webhook-signature'],
    });
  });

  it('are signed as the specification’s example is', () => {
    const at = new Date(1_614_265_330_000);
    expect(
      signedHeaders(
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        at,
        '{"test": 2432232314}',
      ),
    ).toMatchObject({ 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' });
  });

  it('exist only if what they tell of does', async () => {
    const work = async (): Promise<void> => {
      await outbox.add(ALERT);
      throw new Error('it did not happen');
    };
    await expect(inUnitOfWork(database.dataSource, {}, work)).rejects.toThrow();
    expect(await rows()).toEqual([]);
  });

  it('come from the live timeline only', async () => {
    await inWorld({ timeline: 'replay-1', clock }, () => outbox.add(ALERT));
    await inWorld({ timeline: 'main', clock, isReplay: true }, () => outbox.add(ALERT));
    expect(await rows()).toEqual([]);
    await inWorld({ timeline: 'main', clock: new SteppedClock(new Date(0)) }, () => outbox.add(ALERT));
    expect(await rows()).toHaveLength(1);
  });

  it('are tried again with growing waits until somebody takes them', async () => {
    answer = 503;
    await outbox.add(ALERT);
    await sender().send();
    expect(await rows()).toEqual([{ attempts: 1, sent_at: null, failed_at: null, last_error: 'HTTP 503: no thanks' }]);
    wait(4);
    await sender().send();
    expect(received).toHaveLength(1);
    wait(1);
    await sender().send();
    answer = 200;
    wait(30);
    await sender().send();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await rows()).toMatchObject([{ attempts: 3, sent_at: clock.now() }]);
  });

  it('survive a receiver that is away, and a sender that dies with them in hand', async () => {
    await outbox.add(ALERT);
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await sender(`http://127.0.0.1:${port}/`).send();
    expect(await rows()).toMatchObject([
      { attempts: 1, sent_at: null, last_error: expect.stringContaining('ECONNREFUSED') },
    ]);
    wait(5);
    expect(await outbox.claim(10, 60_000)).toHaveLength(1);
    await sender().send();
    expect(received).toHaveLength(0);
    wait(60);
    await sender().send();
    expect(received).toHaveLength(1);
  });

  it('do not follow a redirection with what they carry', async () => {
    answer = 302;
    await outbox.add(ALERT);
    await sender().send();
    expect(await rows()).toMatchObject([{ attempts: 1, sent_at: null }]);
  });

  it('are given up after three days, and kept', async () => {
    answer = 500;
    await outbox.add(ALERT);
    wait(3 * 86_400 + 1);
    await sender().send();
    expect(await rows()).toMatchObject([{ attempts: 1, sent_at: null, failed_at: clock.now() }]);
    wait(86_400);
    await sender().send();
    expect(received).toHaveLength(1);
  });
});
