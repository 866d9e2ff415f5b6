import { describe, expect, it } from '@jest/globals';
import { cli } from '../testing/cli-run.js';
import type { CatalogueEntry } from '../commands/catalogue.commands.js';
import { nameCommand } from './command-names.js';

const commands = JSON.parse((await cli(['commands', '--json'])).out) as CatalogueEntry[];

describe('nameCommand', () => {
  it.each([
    ['list them with GET /api/v1/monitoring/alerts.', 'alerts'],
    ['GET /api/v1/runs lists them.', 'runs'],
    ['list them with GET /api/v1/decisions.', 'decisions'],
    ['GET /api/v1/reconciliations lists them.', 'reconcile list'],
    ['GET /api/v1/timelines lists them.', 'timelines'],
    ['GET /api/v1/models lists them.', 'models'],
    ['GET /api/v1/models/market_insight/versions lists them.', 'models versions market_insight'],
    ['GET /api/v1/agents/market_insight/controls lists them.', 'latches market_insight'],
    ['send its bars to POST /api/v1/bars.', 'bars add'],
  ])('puts a command that exists before the route: %s', (message, command) => {
    const route = /(GET|POST) [\w/]+/.exec(message)![0];
    expect(nameCommand(message)).toBe(message.replace(route, `\`npx tidemark ${command}\` (${route})`));
    const words = command.replace(' market_insight', '');
    expect(commands.map((each) => each.command).filter((each) => `${each} `.startsWith(`${words} `))).not.toEqual([]);
  });

  it('leaves a message alone that names no route, or one without a command', () => {
    for (const message of ['There is no model a.', 'see GET /api/v1/models/a/other', 'see GET /api/v1/modelsets'])
      expect(nameCommand(message)).toBe(message);
  });
});
