import { createHash } from 'node:crypto';

/**
 * Whole numbers below a bound, the same for the same name: xoshiro128** (Blackman and Vigna, 2018) from the SHA-256 of the
 * name. One stream a purpose, so that none depends on how many numbers another took.
 */
export function randomBelow(...name: readonly (string | number)[]): (bound: number) => number {
  const seed = createHash('sha256').update(JSON.stringify(name)).digest();
  const state = Uint32Array.of(seed.readUInt32LE(0), seed.readUInt32LE(4), seed.readUInt32LE(8), seed.readUInt32LE(12));
  // The high bits of 32 are even enough for bounds of some thousands.
  return (bound) => Math.floor((next(state) / 2 ** 32) * bound);
}

function next(state: Uint32Array): number {
  const [a, b, c, d] = state as unknown as [number, number, number, number];
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  const mixedC = c ^ a;
  const mixedD = d ^ b;
  state[1] = b ^ mixedC;
  state[0] = a ^ mixedD;
  state[2] = mixedC ^ (b << 9);
  state[3] = rotate(mixedD, 11);
  return result;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
