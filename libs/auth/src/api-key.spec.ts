import { describe, expect, it } from '@jest/globals';
import { formatKey, generateKey, hashSecret, parseKey, secretMatches } from './api-key.js';

describe('api key', () => {
  it('is made of a 12-character id and at least 32 random bytes', () => {
    const parts = generateKey();
    const key = formatKey(parts);
    expect(key).toMatch(/^tm_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect(parseKey(key)).toEqual(parts);
    expect(Buffer.from(parts.secret, 'base64url')).toHaveLength(32);
    expect(generateKey().secret).not.toBe(parts.secret);
  });

  it('finds the parts when the secret holds underscores', () => {
    const secret = `__${'a'.repeat(41)}`;
    expect(parseKey(`tm_aaaabbbbcccc_${secret}`)).toEqual({ id: 'aaaabbbbcccc', secret });
  });

  it.each([
    '',
    'tm_',
    'tm_short_x',
    `xx_aaaabbbbcccc_${'a'.repeat(43)}`,
    `tm_aaaabbbbcccc_${'a'.repeat(42)}`,
    `tm_aaaabbbbcccc_${'a'.repeat(500)}`,
    `tm_aaaabbbbcccc_${'a'.repeat(43)}\n`,
  ])('does not take %p for a key', (text) => expect(parseKey(text)).toBeUndefined());

  it('matches its own hash only', () => {
    expect(secretMatches('secret', hashSecret('secret'))).toBe(true);
    expect(secretMatches('secreT', hashSecret('secret'))).toBe(false);
    expect(secretMatches('secret', new Uint8Array(3))).toBe(false);
  });
});
