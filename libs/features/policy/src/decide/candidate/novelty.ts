import type { CandidateContext } from '@tidemark/contracts';
import { allows, forbids, silent, type Rule } from '../rule.js';

export const novelty: Rule<CandidateContext> = {
  name: 'novelty',
  judge: ({ candidate, serving }) => {
    if (candidate === undefined) return silent('there is no candidate');
    return candidate.artifactSha256 === serving.artifactSha256
      ? forbids(`nothing new: the artifact is that of ${serving.version}, which serves`)
      : allows('another artifact than the one that serves');
  },
};
