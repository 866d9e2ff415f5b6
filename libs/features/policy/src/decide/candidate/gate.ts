import type { CandidateContext, GateEvidence } from '@tidemark/contracts';
import { allows, forbids, silent, type Rule, type Saying } from '../rule.js';

/** The gate must have been passed by this very artifact, against the version that serves now. */
export const gate: Rule<CandidateContext> = {
  name: 'gate',
  judge: (context) => {
    const { candidate, serving, gate: evidence } = context;
    if (candidate === undefined) return silent('there is no candidate');
    if (evidence === undefined) return forbids('the gate was not asked');
    if (evidence.rule === 'none' && context.timeline === 'live') {
      return forbids('the gate was none: that is for comparisons in replays');
    }
    if (!evidence.passed) return forbids(withoutLeadingFigure(evidence.reason));
    return mismatch(evidence, candidate.artifactSha256, serving) ?? allows(evidence.reason);
  },
};

function mismatch(evidence: GateEvidence, artifact: string, serving: CandidateContext['serving']): Saying | undefined {
  const judged = evidence.refit?.sha256 ?? evidence.candidate?.sha256;
  if (judged !== undefined && judged !== artifact) return forbids('the gate judged another artifact');
  const { incumbent } = evidence;
  if (incumbent === undefined || incumbent.sha256 === serving.artifactSha256) return undefined;
  return forbids(`what serves has changed: the gate compared with ${incumbent.version}, now ${serving.version} serves`);
}

/** Refusals are grouped by the words before their first figure. */
function withoutLeadingFigure(reason: string): string {
  return /^\d/.test(reason) ? `not comparable: ${reason}` : reason;
}
