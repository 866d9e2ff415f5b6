import type { Readable } from 'node:stream';

/** Injection token of the {@link ArtifactStore}. */
export const ARTIFACT_STORE = Symbol('ARTIFACT_STORE');

/**
 * Immutable files named by the SHA-256 of their content (64 lower-case hex digits). A stored artifact never changes;
 * storing the same content twice is one artifact. Safe to call from several processes at once.
 *
 * Errors: ARTIFACT_HASH_INVALID (caller) for anything that is not such a name, ARTIFACT_NOT_FOUND (caller, 404),
 * ARTIFACT_CORRUPT (defect) when the stored bytes no longer match, ARTIFACT_STORE_UNAVAILABLE (operational) when the
 * disk refuses or is full.
 */
export interface ArtifactStore {
  /** Stores a file (by path) or bytes; durable when it returns. Resolves to the SHA-256. */
  put(content: string | Uint8Array): Promise<string>;
  has(sha256: string): Promise<boolean>;
  /** Local path of the artifact, its content checked against its name by this call. */
  pathOf(sha256: string): Promise<string>;
  /** Stream over the content; fails with ARTIFACT_CORRUPT at its end when the bytes do not match the name. */
  open(sha256: string): Promise<Readable>;
  /** Names of all artifacts, in order. */
  list(): AsyncIterable<string>;
}
