import { readFileSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesOf } from './processes.mjs';
import { Session } from './session.mjs';

/**
 * What a new user does, in a clean clone: `npm start` until it serves, one prediction over HTTP, Ctrl-C; and once more,
 * to see the stored result. Fails unless tables and prediction are there, the end is orderly and no process is left.
 */
const USAGE = 'node scripts/ci/first-start.mjs CLONE';
const READY = 'Ctrl-C stops';
const FIRST_START_MS = 15 * 60_000;
const SECOND_START_MS = 60_000;

if (process.argv[2] === undefined) throw new Error(USAGE);
const clone = resolve(process.argv[2]);

// npm passes a Ctrl-C on and then ends by the same signal, whatever status its script had.
await tryStart(new Session(clone, 'npm', ['start']), FIRST_START_MS, (session) => session.interruptGroup(), [
  0,
  130,
  'SIGINT',
]);
await tryStart(
  new Session(clone, process.execPath, ['scripts/start.mjs']),
  SECOND_START_MS,
  (session) => session.interruptProcess(),
  [0],
);
process.stdout.write('npm start in a clean clone, twice: served, answered, stopped, nothing left\n');

async function tryStart(session, limitMs, interrupt, accepted) {
  const began = performance.now();
  try {
    await session.says(READY, limitMs);
    process.stdout.write(`  serving after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    expectTables(session.text);
    await expectPrediction(session.text);
    const status = await interrupt(session);
    if (!accepted.includes(status)) throw new Error(`${session.name} ended with ${status} after SIGINT`);
    await expectNothingLeft();
  } catch (error) {
    if (!session.isOver()) await session.interruptGroup();
    throw error;
  }
}

/** A result per agent file, each with the row of the naive baseline and that of the served version. */
function expectTables(text) {
  const agents = readdirSync(join(clone, 'config/agents')).map((file) => file.replace(/\.ya?ml$/, ''));
  const missing = [...agents, 'baseline', 'served'].filter((word) => !text.toLowerCase().includes(word));
  if (missing.length > 0) throw new Error(`the printed results do not mention ${missing.join(', ')}`);
}

async function expectPrediction(text) {
  const url = /Serving on (\S+)/.exec(text)?.[1];
  const keyFile = /\$\(cat ([^)]+)\)/.exec(text)?.[1];
  if (!url || !keyFile) throw new Error('the next steps name neither the address nor the key file');
  const key = readFileSync(isAbsolute(keyFile) ? keyFile : join(clone, keyFile), 'utf8').trim();
  const response = await fetch(`${url}/api/v1/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ agent: 'market_insight' }),
  });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`predict answered ${response.status}: ${body}`);
  process.stdout.write(`  predict: ${body}\n`);
}

/** Asked again for a while: a process that is just ending is not a leak. */
async function expectNothingLeft() {
  let left = processesOf(clone);
  for (let attempt = 0; attempt < 20 && left.length > 0; attempt++) {
    await delay(250);
    left = processesOf(clone);
  }
  if (left.length > 0) throw new Error(`left running:\n${left.join('\n')}`);
}
