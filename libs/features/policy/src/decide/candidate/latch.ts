import type { CandidateContext } from '@tidemark/contracts';
import { allows, forbids, silent, type Rule } from '../rule.js';

/** What was rolled back does not come back by itself. */
export const latch: Rule<CandidateContext> = {
  name: 'latch',
  judge: ({ candidate, controls }) => {
    if (candidate === undefined) return silent('there is no candidate');
    return controls.latched.includes(candidate.artifactSha256)
      ? forbids(`latched after a rollback: ${candidate.version} waits until it is released by hand`)
      : allows('not latched');
  },
};
