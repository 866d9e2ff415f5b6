import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Open, OpenOnLoopback, RequiresKey } from './access-policy.js';
import { ApiKeys } from './api-keys.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { RequestAuthenticator, isLoopback } from './request-authenticator.js';
import { APP_GUARD } from '@nestjs/core';

const KEY = `tm_aaaabbbbcccc_${'s'.repeat(43)}`;

@Controller()
class Routes {
  @Get('silent')
  silent(@Req() request: FastifyRequest): string {
    return request.principal ?? 'nobody';
  }

  @RequiresKey()
  @Get('closed')
  closed(@Req() request: FastifyRequest): string {
    return request.principal ?? 'nobody';
  }

  @Open()
  @Get('open')
  open(@Req() request: FastifyRequest): string {
    return request.principal ?? 'nobody';
  }

  @OpenOnLoopback()
  @Get('local')
  local(): string {
    return 'hello';
  }
}

@Module({
  controllers: [Routes],
  providers: [
    RequestAuthenticator,
    { provide: ApiKeys, useValue: { verify: async (key: string) => (key === KEY ? 'trader' : undefined) } },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
})
class TestModule {}

describe('ApiKeyGuard', () => {
  let application: INestApplication & NestFastifyApplication;

  beforeAll(async () => {
    application = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), { logger: false });
    application.useGlobalFilters({
      catch: (error: { status: number; code: string }, host) => {
        host
          .switchToHttp()
          .getResponse<{ status: (s: number) => { send: (b: unknown) => void } }>()
          .status(error.status)
          .send({ code: error.code });
      },
    });
    await application.init();
  });
  afterAll(() => application.close());

  async function call(
    url: string,
    headers: Record<string, string> = {},
    remoteAddress = '127.0.0.1',
  ): Promise<[number, string]> {
    const reply = await application.inject({ method: 'GET', url, headers, remoteAddress });
    return [reply.statusCode, reply.body];
  }
  const REFUSED = [401, '{"code":"UNAUTHENTICATED"}'];

  it.each(['/silent', '/closed'])('asks for a key on %s and names its holder', async (url) => {
    expect(await call(url)).toEqual(REFUSED);
    expect(await call(url, { authorization: 'Bearer wrong' })).toEqual(REFUSED);
    expect(await call(url, { authorization: `Basic ${KEY}` })).toEqual(REFUSED);
    expect(await call(url, { authorization: `Bearer ${KEY}` })).toEqual([200, 'trader']);
    expect(await call(url, { 'x-api-key': KEY })).toEqual([200, 'trader']);
  });

  it('lets anyone call an open route', async () => {
    expect(await call('/open', {}, '203.0.113.9')).toEqual([200, 'nobody']);
  });

  it('opens a loopback route to this machine only, and to keys from elsewhere', async () => {
    expect(await call('/local')).toEqual([200, 'hello']);
    expect(await call('/local', {}, '::1')).toEqual([200, 'hello']);
    expect(await call('/local', {}, '203.0.113.9')).toEqual(REFUSED);
    expect(await call('/local', { 'x-api-key': KEY }, '203.0.113.9')).toEqual([200, 'hello']);
  });

  it('does not take a request passed on by a local proxy for a local one', async () => {
    expect(await call('/local', { 'x-forwarded-for': '203.0.113.9' })).toEqual(REFUSED);
    expect(await call('/local', { forwarded: 'for=203.0.113.9' })).toEqual(REFUSED);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::2', false],
    ['127.0.0.1.example', false],
    [undefined, false],
  ])('of %p is %p', (address, expected) => expect(isLoopback(address)).toBe(expected));
});
