import { directionFamilies, volatilityFamilies, type Agent, type Family, type TrainPayload } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';

/**
 * The families a training fits: the agent's, or those asked for, each once.
 * @throws FAMILY_OF_ANOTHER_TASK
 */
export function wantedFamilies(agent: Agent, payload: Pick<TrainPayload, 'families'>): Family[] {
  const wanted = [...new Set(payload.families ?? agent.families)];
  const known: readonly Family[] = agent.task === 'direction' ? directionFamilies : volatilityFamilies;
  const astray = wanted.filter((family) => !known.includes(family));
  if (astray.length === 0) return wanted;
  throw callerError(
    'FAMILY_OF_ANOTHER_TASK',
    `${astray.join(', ')} cannot be trained for ${agent.agent}: a ${agent.task} agent can use ${known.join(', ')}.`,
    { details: { agent: agent.agent, families: astray, known } },
  );
}
