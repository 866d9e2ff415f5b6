import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog, onSimulated } from './agent-catalog.js';
import { loadAgents, type AgentProblem } from './agent-loader.js';
import { repositoryRoot } from './repository-root.js';

const VALID = `agent: mine
description: A third agent.
task: direction
source:
  series: mine
  kind: csv
  path: mine.csv
label: { kind: forward_return_sign, lag: 1, horizon: 10 }
features: [ret_1, rsi_14]
baseline: base_rate
families: [logistic]
sealedFrom: 2018-01-01
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-agents-'));
  writeFileSync(join(folder, 'mine.csv'), 'date,open,high,low,close,volume\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function problems(): AgentProblem[] {
  try {
    loadAgents(folder);
  } catch (error) {
    expect(error).toMatchObject({ code: 'AGENT_FILE_INVALID' });
    return (error as { details: { problems: AgentProblem[] } }).details.problems;
  }
  throw new Error('expected the agents to be refused');
}

describe('loadAgents', () => {
  it('accepts the shipped agents and finds their bars', () => {
    const agents = loadAgents(join(repositoryRoot(), 'config', 'agents'));
    expect(agents.map(({ agent }) => agent.agent)).toEqual(['market_insight', 'risk_assessor']);
    for (const { agent, sourcePath } of agents) {
      expect(agent).toMatchObject({
        calendar: 'none',
        sealedFrom: '2017-01-01',
        source: { series: 'sp500', ended: '2020-04-17' },
      });
      expect(agent.features).toHaveLength(12);
      expect(sourcePath).toMatch(/vega-datasets\/data\/sp500-2000\.csv$/);
    }
  });

  it('reads a third agent whose CSV lies beside it', () => {
    const file = write('mine.yaml', VALID);
    const [loaded] = loadAgents(folder);
    expect(loaded).toMatchObject({
      file,
      yaml: VALID,
      sourcePath: join(folder, 'mine.csv'),
      agent: { agent: 'mine', features: ['ret_1', 'rsi_14'] },
    });
    expect(loaded?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lists all problems of all files with line and column', () => {
    const first = write('a.yaml', VALID.replace('horizon: 10', 'horizon: 0').replace('seal', 'sael'));
    const second = write('b.yaml', 'agent: B!\ntask: direction\n  broken: [\n');
    const found = problems();
    expect(found.filter(({ file }) => file === first)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'label.horizon', line: 8, column: 45 }),
        expect.objectContaining({ path: 'saeledFrom', line: 12, column: 1 }),
        expect.objectContaining({ path: 'sealedFrom', line: 1, column: 1 }),
      ]),
    );
    expect(found.some(({ file, line }) => file === second && line >= 2)).toBe(true);
  });

  it('points at the element of a list that is wrong', () => {
    write('a.yaml', VALID.replace('[ret_1, rsi_14]', '\n  - ret_1\n  - rsi_15'));
    expect(problems()).toEqual([expect.objectContaining({ path: 'features.1', line: 11, column: 5 })]);
  });

  it('checks rules between keys', () => {
    write('a.yaml', VALID.replace('families: [logistic]', 'families: [logistic, gjr_garch_t]'));
    expect(problems()).toEqual([expect.objectContaining({ path: 'families.1', line: 11 })]);
  });

  it('follows a file beside the agent, and nothing that cannot grow', () => {
    const line = '  path: mine.csv\n';
    write('mine.yaml', VALID.replace(line, `${line}  follow: true\n`));
    expect(loadAgents(folder)[0]?.agent.source.follow).toBe(true);
    write('mine.yaml', VALID.replace(line, `${line}  follow: true\n  ended: 2020-04-17\n`));
    expect(problems()).toEqual([expect.objectContaining({ path: 'source.follow' })]);
    write('mine.yaml', VALID.replace(line, '  follow: true\n').replace('kind: csv', 'kind: api'));
    expect(problems()).toEqual([expect.objectContaining({ path: 'source.follow' })]);
  });

  it('refuses two agents of one name, at the second', () => {
    write('a.yaml', VALID);
    const second = write('b.yml', VALID);
    expect(problems()).toEqual([expect.objectContaining({ file: second, path: 'agent', line: 1 })]);
  });

  it('refuses the name that stands for no agent', () => {
    write('a.yaml', VALID.replace('agent: mine', 'agent: installation'));
    expect(problems()).toEqual([expect.objectContaining({ path: 'agent', line: 1 })]);
  });

  it.each([
    ['a CSV that is not there', 'path: mine.csv', 'path: other.csv', 'source.path', 7],
    ['a calendar that is not there', 'task: direction', 'task: direction\ncalendar: file:days.txt', 'calendar', 4],
    [
      'a package that is not installed',
      'path: mine.csv',
      'package: no-such-package\n  file: x.csv',
      'source.package',
      7,
    ],
    ['a file the package does not have', 'path: mine.csv', 'package: vega-datasets\n  file: x.csv', 'source.file', 8],
  ])('reports %s', (_name, from, to, path, line) => {
    write('a.yaml', VALID.replace(from, to));
    expect(problems()).toEqual([expect.objectContaining({ path, line })]);
  });

  it.each([
    ['an empty file', ''],
    ['a list', '- 1\n'],
    ['a duplicate key', `${VALID}agent: again\n`],
    ['an alias without its anchor', `${VALID}limits: *nowhere\n`],
  ])('refuses %s', (_name, text) => {
    write('a.yaml', text);
    expect(problems().length).toBeGreaterThan(0);
  });

  it('names the folder that is missing', () => {
    expect(() => loadAgents(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'AGENT_FOLDER_MISSING' }));
  });
});

describe('AgentCatalog', () => {
  it('knows the double of an agent on a simulated series, and does not list it', () => {
    write('a.yaml', VALID);
    const catalog = AgentCatalog.load(folder);
    const name = onSimulated('mine', 'sim_garch_1');
    const { agent } = catalog.byName(name);
    const { description, label, families, policy, sealedFrom } = catalog.byName('mine').agent;
    expect(agent).toMatchObject({
      description,
      label,
      families,
      policy,
      sealedFrom,
      agent: name,
      source: { series: 'sim_garch_1', kind: 'api' },
      replay: {},
    });
    expect(catalog.all()).toHaveLength(1);
    for (const other of ['mine__real', 'theirs__sim_garch_1']) {
      expect(() => catalog.byName(other)).toThrow(expect.objectContaining({ code: 'AGENT_NOT_FOUND' }));
    }
  });

  it('finds agents by name and says which there are', () => {
    write('a.yaml', VALID);
    const catalog = AgentCatalog.load(folder);
    expect(catalog.byName('mine').agent.task).toBe('direction');
    expect(catalog.all()).toHaveLength(1);
    expect(catalog.has('other')).toBe(false);
    expect(() => catalog.byName('other')).toThrow(
      expect.objectContaining({ code: 'AGENT_NOT_FOUND', status: 404, details: { agent: 'other', known: ['mine'] } }),
    );
  });
});
