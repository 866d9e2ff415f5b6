import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, ensureToolchain } from '../lib/bootstrap.mjs';

const USAGE = `npm run study:replay -- [--cuts COUNT] [--agent NAME] [--to DATE] [--cold]

Does a replay look ahead? Replays the agents over their whole files, and over the files cut after so many bars; each must
have done by its last bar what the whole replay had done by then: equal digests. Writes docs/studies/replay-cuts.md
unless an option makes it smaller. --cold fits everything again for every cut instead of taking fits of equal inputs
from the cache.`;

const root = resolve(import.meta.dirname, '../..');
const REPORT = join(root, 'docs/studies/replay-cuts.md');
const DEFAULT_CUTS = 20;

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: String(DEFAULT_CUTS) },
    agent: { type: 'string' },
    to: { type: 'string' },
    cold: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) process.stdout.write(`${USAGE}\n`);
else await main();

async function main() {
  await ensureToolchain();
  await ensureInstalled();
  await ensureBuilt();
  const { default: startPostgres } = await import('../jest/start-postgres.mjs');
  const { default: stopPostgres } = await import('../jest/stop-postgres.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-study-'));
  await startPostgres();
  try {
    const rows = await study(folder);
    const isWhole = Number(values.cuts) === DEFAULT_CUTS && values.agent === undefined && values.to === undefined;
    if (isWhole) write(rows);
    process.exitCode = rows.every(({ isEqual }) => isEqual) ? 0 : 1;
  } finally {
    await stopPostgres();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function study(folder) {
  const { loadAgents } = await import('../../libs/config/dist/index.js');
  const { initNative } = await import('../../libs/native/dist/index.js');
  const { Installation } = await import('./installation.mjs');
  initNative();
  const loaded = loadAgents(join(root, 'config/agents'))
    .map(({ agent, file }) => ({ agent, lines: linesOf(agent.source, dirname(file)) }))
    .filter(({ agent }) => agent.source.kind === 'csv' && [undefined, agent.agent].includes(values.agent));
  const began = performance.now();
  const whole = await Installation.open({
    folder,
    name: 'whole',
    agents: cutAgents(loaded, folder, 'whole', Infinity),
  });
  const results = await whole.replay(loaded.map(({ agent }) => agent));
  say(`whole: ${results.map(({ agent, bars }) => `${agent} ${bars} bars`).join(', ')}, ${seconds(began)} s`);
  const rows = [];
  for (const [index, date] of cutDates(loaded, results).entries()) {
    rows.push(...(await cut(Installation, { folder, whole, loaded, date, name: `cut-${index + 1}` })));
  }
  await whole.close();
  return rows;
}

async function cut(Installation, { folder, whole, loaded, date, name }) {
  const began = performance.now();
  const other = await Installation.open({ folder, name, agents: cutAgents(loaded, folder, name, date) });
  try {
    if (!values.cold) await other.knowFitsOf(whole);
    const rows = [];
    for (const { agent, until, bars, digest } of await other.replay(loaded.map(({ agent: each }) => each))) {
      const { sha256 } = await whole.digest(agent, new Date(until));
      rows.push({ date, agent, bars, digest, isEqual: sha256 === digest });
      say(`${date} ${agent}: ${bars} bars, ${sha256 === digest ? 'equal' : `DIFFERS: ${digest} against ${sha256}`}`);
    }
    say(`  ${seconds(began)} s`);
    return rows;
  } finally {
    await other.close();
  }
}

/** Days spread evenly over the bars of the replay. */
function cutDates(loaded, results) {
  const [{ from }] = results;
  const days = loaded[0].lines
    .slice(1)
    .map((line) => line.split(',')[0].slice(0, 'YYYY-MM-DD'.length))
    .filter((day) => day >= from.slice(0, 'YYYY-MM-DD'.length) && (values.to === undefined || day <= values.to));
  const count = Number(values.cuts);
  return Array.from({ length: count }, (_, index) => days[Math.floor(((index + 1) * days.length) / (count + 1))]);
}

/** The agents with their files as they were on a day: its bar is the last. */
function cutAgents(loaded, folder, name, last) {
  mkdirSync(join(folder, name, 'agents'), { recursive: true });
  const end = last === Infinity ? values.to : last;
  return loaded.map(({ agent, lines: [head, ...bars] }) => {
    const path = join(folder, name, `${agent.agent}.csv`);
    const known = end === undefined ? bars : bars.filter((line) => line.slice(0, end.length) <= end);
    writeFileSync(path, `${[head, ...known].join('\n')}\n`);
    return { ...agent, source: { ...agent.source, package: undefined, file: undefined, path } };
  });
}

function linesOf(source, agentFolder) {
  if (source.kind !== 'csv') return [];
  const path =
    source.path === undefined
      ? join(dirname(createRequire(import.meta.url).resolve(source.package)), '../data', source.file)
      : resolve(agentFolder, source.path);
  return readFileSync(path, 'utf8').trim().split(/\r?\n/);
}

function write(rows) {
  const lines = rows.map(
    ({ date, agent, bars, digest, isEqual }) =>
      `| ${date} | ${agent} | ${bars} | \`${digest.slice(0, 16)}\` | ${isEqual ? 'yes' : 'NO'} |`,
  );
  const equal = rows.filter(({ isEqual }) => isEqual).length;
  const text = `# Does a replay look ahead?

\`npm run study:replay\` replays the shipped agents over the whole file, and over the file as it was at the end of ${rows.length / new Set(rows.map(({ agent }) => agent)).size} days, each on a database of its own. By its last bar a replay that knows no more has done what the whole one had done by then, to the last byte of its digest, in **${equal} of ${rows.length}** comparisons. The digests are those of the code that wrote this page; what they cover is listed in \`libs/features/replay/src/digest-tables.ts\`.

| last day of the file | agent | bars replayed | digest | equal |
| -------------------- | ----- | ------------: | ------ | ----- |
${lines.join('\n')}
`;
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, text);
  say(`wrote ${REPORT}`);
}

function seconds(began) {
  return ((performance.now() - began) / 1000).toFixed(1);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
