import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DATA_SOURCE } from '@tidemark/database';
import { CLOCK, SystemClock } from '@tidemark/kernel';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { ApiKeys } from './api-keys.js';
import { AuthModule } from './auth.module.js';
import { Principal } from './principal.js';

let database: TestDatabase;

@Controller()
class WhoAmI {
  @Get('me')
  me(@Principal() name: string): string {
    return name;
  }
}

@Global()
@Module({
  providers: [
    { provide: DATA_SOURCE, useFactory: () => database.dataSource },
    { provide: CLOCK, useClass: SystemClock },
  ],
  exports: [DATA_SOURCE, CLOCK],
})
class Platform {}

@Module({ imports: [Platform, AuthModule], controllers: [WhoAmI] })
class Application {}

describe('AuthModule', () => {
  let application: NestFastifyApplication;

  beforeAll(async () => {
    database = await createTestDatabase();
    application = await NestFactory.create<NestFastifyApplication>(Application, new FastifyAdapter(), {
      logger: false,
    });
    await application.init();
  });
  afterAll(async () => {
    await application.close();
    await database.close();
  });

  it('closes every route of an application that imports it, to all but holders of a key', async () => {
    const { key } = await application.get(ApiKeys).create('night-desk');
    const refused = await application.inject({ method: 'GET', url: '/me' });
    const accepted = await application.inject({
      method: 'GET',
      url: '/me',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(refused.statusCode).toBeGreaterThanOrEqual(400);
    expect([accepted.statusCode, accepted.body]).toEqual([200, 'night-desk']);
  });
});
