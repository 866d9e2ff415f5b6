import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { CLOCK, SystemClock } from '@tidemark/kernel';
import { AgentCatalog } from './agent-catalog.js';
import { APP_CONFIG, type AppConfig } from './app-config.js';
import { ConfigModule } from './config.module.js';

const DATABASE_URL = 'postgresql://trader@db/tidemark';

describe('ConfigModule', () => {
  const before = process.env;

  beforeEach(() => {
    process.env = { DATABASE_URL };
  });
  afterEach(() => {
    process.env = before;
  });

  it('provides configuration, agents and clock from the environment', async () => {
    const context = await NestFactory.createApplicationContext(ConfigModule, { logger: false });
    expect(context.get<AppConfig>(APP_CONFIG).databaseUrl).toBe(DATABASE_URL);
    expect(context.get(AgentCatalog).has('market_insight')).toBe(true);
    expect(context.get(CLOCK)).toBeInstanceOf(SystemClock);
    await context.close();
  });
});
