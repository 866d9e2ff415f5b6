import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupFailure } from './failure.mjs';

export const USAGE = `npm start -- [options]

Builds what is stale, starts PostgreSQL, the api, the worker and the scheduler, runs the main job once, and serves until
Ctrl-C.

  --port PORT       port of the api (default 7400; TIDEMARK_PORT); npx tidemark finds it by itself
  --data-dir DIR    folder for all data (default .tidemark; TIDEMARK_DATA_DIR); for npx tidemark in another terminal, set
                    TIDEMARK_DATA_DIR=DIR
  --fresh           deletes all data first; asks before it does
  --yes             answers that question with yes
  --no-main-job     serves without running the main job
  --help            shows this

DATABASE_URL=postgresql://… npm start uses a database of your own instead of the embedded one. It is never migrated by
itself: run npx tidemark admin migrate first. The other variables are in config/.env.example.`;

const FLAGS = {
  port: { type: 'string' },
  'data-dir': { type: 'string' },
  fresh: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'no-main-job': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** The checked flags; a relative folder is relative to `from`, where the user typed it. */
export function parseStartOptions(args, from) {
  const values = parse(args);
  return {
    help: values.help,
    port: values.port === undefined ? undefined : portNumber(values.port),
    dataDir: values['data-dir'] === undefined ? undefined : resolve(from, values['data-dir']),
    fresh: values.fresh,
    yes: values.yes,
    mainJob: !values['no-main-job'],
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (error) {
    throw new SetupFailure(`${error.message}\n\n${USAGE}`);
  }
}

function portNumber(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new SetupFailure(`--port takes a number from 0 (any free port) to 65535, got ${text}`);
}
