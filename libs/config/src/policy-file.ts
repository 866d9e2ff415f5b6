import { readFileSync } from 'node:fs';
import { policySchema, type Policy } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { parseYaml } from './yaml-file.js';

/**
 * A policy from a YAML file of its own: what stands under `policy` in an agent's file.
 * @throws POLICY_INVALID naming every problem with its line
 */
export function loadPolicy(path: string): Policy {
  const file = parseYaml(read(path));
  const problems = file.syntaxProblems.map(({ line, message }) => `line ${line}: ${message}`);
  const parsed = policySchema.safeParse(file.value ?? {});
  if (problems.length === 0 && parsed.success) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    problems.push(`line ${file.positionOf(issue.path).line}: ${issue.path.join('.')}: ${issue.message}`);
  }
  throw callerError('POLICY_INVALID', `${path} is no policy:\n  ${problems.join('\n  ')}`, { details: { problems } });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw callerError('POLICY_INVALID', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
