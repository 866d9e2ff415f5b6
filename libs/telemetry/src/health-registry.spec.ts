import { describe, expect, it } from '@jest/globals';
import { operationalError } from '@tidemark/kernel';
import { HealthRegistry } from './health-registry.js';

const OK = { status: 'ok', message: 'fine' } as const;

describe('HealthRegistry', () => {
  it('is ok without parts and with parts that are', async () => {
    const registry = new HealthRegistry();
    expect(await registry.report()).toEqual({ status: 'ok', parts: {} });
    registry.register('b', () => OK);
    registry.register('a', async () => OK);
    const report = await registry.report();
    expect(report.status).toBe('ok');
    expect(Object.keys(report.parts)).toEqual(['a', 'b']);
  });

  it('is as bad as its worst part, and only degraded by one it can do without', async () => {
    const registry = new HealthRegistry();
    registry.register('database', () => ({ status: 'down', message: 'away' }), { required: false });
    expect((await registry.report()).status).toBe('degraded');
    registry.register('models', () => ({ status: 'down', message: 'none loaded' }));
    expect((await registry.report()).status).toBe('down');
  });

  it('counts a check that throws or does not answer as down', async () => {
    const registry = new HealthRegistry(20);
    registry.register('throws', () => {
      throw operationalError('DATABASE_UNAVAILABLE', 'away');
    });
    registry.register('hangs', () => new Promise(() => undefined));
    const { status, parts } = await registry.report();
    expect(status).toBe('down');
    expect(parts.throws).toMatchObject({ status: 'down', details: { code: 'DATABASE_UNAVAILABLE' } });
    expect(parts.hangs).toMatchObject({ status: 'down' });
  });
});
