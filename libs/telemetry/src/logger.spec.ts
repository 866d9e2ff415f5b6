import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { operationalError } from '@tidemark/kernel';
import { createLogger, silentLogger, type Logger } from './logger.js';

const KEY = 'tm_abcDEF012345_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

function capture(logLevel: 'debug' | 'info' = 'info'): {
  logger: Logger;
  lines: Record<string, unknown>[];
  text: () => string;
} {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      chunks.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ logLevel }, { process: 'api', destination });
  return {
    logger,
    get lines() {
      return chunks.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    text: () => chunks.join(''),
  };
}

describe('createLogger', () => {
  it('writes JSON lines that say who speaks', () => {
    const captured = capture();
    captured.logger
      .child({ agent: 'market_insight', modelVersion: '1.0.0', deployment: 'production' })
      .info({ generation: 3 }, 'swapped');
    expect(captured.lines).toEqual([
      expect.objectContaining({
        level: 'info',
        service: 'tidemark',
        process: 'api',
        pid: process.pid,
        msg: 'swapped',
        agent: 'market_insight',
        modelVersion: '1.0.0',
        deployment: 'production',
        generation: 3,
      }),
    ]);
    expect(captured.lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('keeps to its level', () => {
    const captured = capture('info');
    captured.logger.debug('quiet');
    expect(captured.lines).toEqual([]);
  });

  it('masks secrets in fields and in texts', () => {
    const captured = capture();
    captured.logger.info(
      { apiKey: 'hunter2', request: { headers: { authorization: 'Bearer hunter2', 'x-api-key': 'hunter2' } } },
      `called with ${KEY}`,
    );
    captured.logger.info({ databaseUrl: 'postgresql://a:hunter2@h/d' }, 'connecting to postgresql://a:hunter2@h/d');
    captured.logger.error({ err: new Error('postgresql://a:hunter2@h/d refused') }, 'failed');
    expect(captured.text()).not.toContain('hunter2');
    expect(captured.text()).not.toContain(KEY);
    expect(captured.text()).toContain('@h/d refused');
    expect(captured.lines).toHaveLength(3);
  });

  it('keeps code, family and cause of our errors', () => {
    const captured = capture();
    const cause = new Error('ECONNREFUSED');
    captured.logger.error(
      { err: operationalError('DATABASE_UNAVAILABLE', 'down', { cause, details: { state: '57P01' } }) },
      'failed',
    );
    expect(captured.lines[0]?.err).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      family: 'operational',
      details: { state: '57P01' },
    });
    expect(captured.text()).toContain('ECONNREFUSED');
  });

  it('can be silent', () => {
    expect(silentLogger().isLevelEnabled('fatal')).toBe(false);
  });
});
