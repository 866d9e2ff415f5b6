import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.js';

/** UUID version 7 (RFC 9562): 48-bit millisecond time, then random bits, so that ids sort by creation time. */
export function uuidV7(clock: Clock): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(clock.now().getTime(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
