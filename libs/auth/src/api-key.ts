import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const KEY_FORMAT = /^tm_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43,128})$/;

/** A key as its owner holds it: `tm_<id>_<secret>`. Only the id and the SHA-256 of the secret are ever stored. */
export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

export function generateKey(): KeyParts {
  const id = Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
  return { id, secret: randomBytes(SECRET_BYTES).toString('base64url') };
}

export function formatKey({ id, secret }: KeyParts): string {
  return `tm_${id}_${secret}`;
}

/** The parts of a key, or undefined when the text is not one. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = KEY_FORMAT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** The secret has 256 random bits, so a plain hash resists guessing and a slow one would only cost latency. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares in a time that does not depend on where the two differ. */
export function secretMatches(secret: string, storedHash: Uint8Array): boolean {
  const hash = hashSecret(secret);
  return storedHash.length === hash.length && timingSafeEqual(hash, storedHash);
}
