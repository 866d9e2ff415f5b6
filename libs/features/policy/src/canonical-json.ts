import { createHash } from 'node:crypto';
import type { Policy } from '@tidemark/contracts';
import { defect } from '@tidemark/kernel';

/**
 * JSON with the keys of every object in order, so that equal values have one text. What JSON cannot say is refused: a value
 * that is stored as something else would not lead to the same decision again.
 * @throws NOT_CANONICAL for NaN and infinities
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      throw defect('NOT_CANONICAL', `${key || 'the value'} is ${inner}: leave out what is not known.`);
    }
    return isObject(inner) ? sortedByKey(inner) : inner;
  });
}

/** SHA-256 of the canonical JSON, as hexadecimal digits. */
export function canonicalSha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Names a policy by its content: what a replay and a decision say they ran under. */
export function policyHash(policy: Policy): string {
  return canonicalSha256(policy);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortedByKey(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
