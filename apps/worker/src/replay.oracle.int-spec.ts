import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OracleReplay } from './testing/oracle-replay.js';
import { differencesFrom, figuresOf, replayGolden, type ReplayGolden } from './testing/replay-golden.js';

/**
 * The loop and its table on the shipped data against an independent program (tests/golden/generate/replay.py), which works
 * from the bars of the file and from the answers, versions and refusals that the same replays logged. Answers that are no
 * longer those of the golden are told first: after a change of the models, write it anew.
 */
const AGENTS = ['market_insight', 'risk_assessor'] as const;

describe('replays of the shipped agents', () => {
  let replay: OracleReplay;
  let golden: ReplayGolden;
  let found: Readonly<Record<string, Record<string, unknown>>>;

  beforeAll(async () => {
    golden = await replayGolden();
    replay = await OracleReplay.open();
    const exports = await Promise.all(AGENTS.map((name) => replay.run(name)));
    found = Object.fromEntries(exports.map((each, index) => [AGENTS[index]!, figuresOf(each)]));
  }, 240_000);
  afterAll(() => replay.close());

  function differences(agent: string, part: string): string[] {
    const own = found[agent]![part];
    return differencesFrom(golden.agents[agent]![part], own, golden, `${agent}/${part}`);
  }

  describe.each(AGENTS)('%s', (agent) => {
    it('answers what the golden was worked out from', () => {
      expect(differences(agent, 'answers')).toEqual([]);
    });

    it('finds the same drift', () => {
      const expected = { ...golden.inputs, ...(golden.agents[agent]!['drift'] as object) };
      expect(differencesFrom(expected, found[agent]!['drift'], golden)).toEqual([]);
    });

    it.each(['performance', 'statuses'])('finds the same in its monitors: %s', (part) => {
      expect(differences(agent, part)).toEqual([]);
    });

    it.each(['alerts', 'speaks'])(
      'opens and closes the same alerts, and could do so from the same bars: %s',
      (part) => {
        expect(differences(agent, part)).toEqual([]);
      },
    );

    it('trains and goes back after the same bars', () => {
      expect(differences(agent, 'decisions')).toEqual([]);
    });

    it.each(['rows', 'eras', 'comparisons', 'alarms', 'refusals', 'tellings'])('has the same table: %s', (part) => {
      expect(differences(agent, part)).toEqual([]);
    });
  });
});
