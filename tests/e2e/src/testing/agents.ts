import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidemark/config';

const SHIPPED = join(repositoryRoot(), 'config/agents');
const FROM = /^replay: \{ from: .* \}$/m;
/** First bar that the loop of an end-to-end test sees as new; 202 bars of the shipped file follow. */
export const REPLAY_FROM = '2019-07-01';

/** The shipped agents as they are, but for where their replay begins: a main job then takes seconds. */
export function copyAgents(folder: string): void {
  mkdirSync(folder);
  for (const name of readdirSync(SHIPPED).filter((file) => file.endsWith('.yaml'))) {
    const text = readFileSync(join(SHIPPED, name), 'utf8');
    if (!FROM.test(text)) throw new Error(`${name} does not say from where it is replayed`);
    writeFileSync(join(folder, name), text.replace(FROM, `replay: { from: ${REPLAY_FROM} }`));
  }
}
