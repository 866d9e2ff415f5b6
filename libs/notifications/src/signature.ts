import { createHmac } from 'node:crypto';

/** Prefix that some tools put before the key. */
const PREFIX = 'whsec_';

/**
 * Headers of a message by the Standard Webhooks specification (1.0): the signature covers id, time and body, so that none of
 * them can be changed or replayed under another.
 */
export function signedHeaders(secret: string, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
