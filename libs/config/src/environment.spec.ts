import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { loadBaseConfig, loadConfig, printableConfig } from './environment.js';
import { envExample } from './env-example.js';
import { repositoryRoot } from './repository-root.js';
import { settings, type Setting } from './settings.js';

const DATABASE_URL = 'postgresql://trader:hunter2@db:5432/tidemark';

describe('loadConfig', () => {
  it('takes defaults that start at the clone, whatever the working directory is', () => {
    const config = loadConfig({ DATABASE_URL });
    const root = repositoryRoot();
    expect(config).toMatchObject({
      databaseUrl: DATABASE_URL,
      dataDir: `${root}/.tidemark`,
      artifactRoot: `${root}/.tidemark/artifacts`,
      agentsDir: `${root}/config/agents`,
      trainerPath: `${root}/build/bin/tidemark-train`,
      http: { host: '127.0.0.1', port: 7400 },
      apiUrl: 'http://127.0.0.1:7400',
      isApiUrlGiven: false,
      predict: { deadlineMs: 5000, maxRows: 1000, maxBodyBytes: 4 * 1024 * 1024 },
      log: { bufferBytes: 16 * 1024 * 1024, groupMaxRows: 5000, groupMaxDelayMs: 5 },
      jobs: { concurrency: 2, leaseSeconds: 30, maxAttempts: 3 },
      retention: { keepPredictionsDays: 0, keepJobLogsDays: 0, keepFitsDays: 90 },
    });
    expect(config.ortLibrary).toBeUndefined();
  });

  it('lets the environment win over defaults, and derives from what it set', () => {
    const config = loadConfig({
      DATABASE_URL,
      TIDEMARK_DATA_DIR: '/srv/td',
      TIDEMARK_PORT: '8080',
      TIDEMARK_HOST: '::1',
    });
    expect(config).toMatchObject({
      dataDir: '/srv/td',
      artifactRoot: '/srv/td/artifacts',
      apiKeyFile: '/srv/td/api-key',
      apiUrl: 'http://[::1]:8080',
      isApiUrlGiven: true,
    });
  });

  it('counts an empty variable as absent', () => {
    expect(loadConfig({ DATABASE_URL, TIDEMARK_PORT: '' }).http.port).toBe(7400);
  });

  it('calls the loopback behind a wildcard listen address', () => {
    expect(loadConfig({ DATABASE_URL, TIDEMARK_HOST: '0.0.0.0' }).apiUrl).toBe('http://127.0.0.1:7400');
  });

  it('lists every problem at once, without repeating a value', () => {
    const broken = {
      TIDEMARK_PORT: '7400x',
      TIDEMARK_LOG_LEVEL: 'loud',
      TIDEMARK_JOB_CONCURRENCY: '0',
      DATABASE_URL: 'mysql://hunter2@db',
    };
    const failure = thrownBy(() => loadConfig(broken)) as {
      code: string;
      message: string;
      details: { problems: { variable: string }[] };
    };
    expect(failure.code).toBe('CONFIG_INVALID');
    expect(failure.details.problems.map(({ variable }) => variable).sort()).toEqual([
      'DATABASE_URL',
      'TIDEMARK_JOB_CONCURRENCY',
      'TIDEMARK_LOG_LEVEL',
      'TIDEMARK_PORT',
    ]);
    expect(failure.message).not.toContain('hunter2');
  });

  it.each(['1e3', '-1', '0x10', '70000', ' 80'])('refuses the port %p', (port) => {
    expect(() => loadConfig({ DATABASE_URL, TIDEMARK_PORT: port })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('asks for the database only where one is needed', () => {
    expect(() => loadConfig({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(loadBaseConfig({}).databaseUrl).toBeUndefined();
  });

  it('shows secrets masked however it is printed', () => {
    const config = loadConfig({ DATABASE_URL, TIDEMARK_API_KEY: 'tm_aaaabbbbcccc_secret' });
    const prints = [JSON.stringify(config), inspect(config), JSON.stringify(printableConfig(config))];
    for (const text of prints) {
      expect(text).toContain('db:5432/tidemark');
      expect(text).not.toContain('hunter2');
      expect(text).not.toContain('_secret');
    }
  });
});

describe('envExample', () => {
  it('describes every setting once and sets none', () => {
    const text = envExample();
    const all = Object.values(settings).flatMap((slice) => Object.values(slice as Record<string, Setting>));
    for (const { variable } of all) expect(text.match(new RegExp(`^# ${variable}=$`, 'gm'))).toHaveLength(1);
    expect(text).not.toMatch(/^[^#\n]/m);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
