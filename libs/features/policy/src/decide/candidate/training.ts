import type { CandidateContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';

export const training: Rule<CandidateContext> = {
  name: 'training',
  judge: ({ failed, candidate, serving }) => {
    const stays = `${serving.version} stays`;
    if (failed !== undefined) return forbids(`the training failed: ${failed.code}: ${failed.message}; ${stays}`);
    return candidate === undefined
      ? forbids(`the training left no version; ${stays}`)
      : allows(`it left ${candidate.version} (${candidate.family})`);
  },
};
