import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { backupDamaged } from './backup.errors.js';

/**
 * A backup is a gzip stream of frames: one byte that names the kind, four bytes of length (big-endian), the payload.
 * Kinds: `H` header, `T` table, `A` artifact, `D` data of the table or artifact before, `F` the end with the SHA-256 of
 * every byte before it. Nothing after `F` is read.
 */
export type FrameKind = 'H' | 'T' | 'A' | 'D' | 'F';

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

const HEAD_BYTES = 5;
/** Nothing we write comes near; a damaged length must not make us ask for memory. */
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** Writes frames to a stream, compressed, waiting wherever the reader is slower. */
export class FrameWriter {
  private readonly raw = new PassThrough();
  private readonly done: Promise<void>;
  private readonly hash = createHash('sha256');

  constructor(target: NodeJS.WritableStream) {
    this.done = pipeline(this.raw, createGzip({ level: 6 }), target);
    // Told by the next write or by `end`; never unhandled.
    this.done.catch(() => undefined);
  }

  async json(kind: 'H' | 'T' | 'A', value: object): Promise<void> {
    await this.write(kind, Buffer.from(JSON.stringify(value)));
  }

  async data(chunk: Buffer): Promise<void> {
    if (chunk.length > 0) await this.write('D', chunk);
  }

  /** The last frame; resolves with the backup's own SHA-256 when everything has left. */
  async end(): Promise<string> {
    const sha256 = this.hash.digest('hex');
    await this.send(frame('F', Buffer.from(JSON.stringify({ sha256 }))));
    this.raw.end();
    await this.done;
    return sha256;
  }

  private async write(kind: FrameKind, payload: Buffer): Promise<void> {
    const bytes = frame(kind, payload);
    this.hash.update(bytes);
    await this.send(bytes);
  }

  private async send(bytes: Buffer): Promise<void> {
    if (this.raw.write(bytes)) return;
    await Promise.race([new Promise((resolve) => this.raw.once('drain', resolve)), this.done]);
  }
}

/** The JSON of a header, table, artifact or end frame. @throws BACKUP_DAMAGED */
export function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    throw backupDamaged('a frame that should be JSON is not');
  }
}

function frame(kind: FrameKind, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** The frames of a file in order, `F` not included. @throws BACKUP_DAMAGED when bytes are missing or differ */
export async function* readFrames(path: string): AsyncGenerator<Frame> {
  const hash = createHash('sha256');
  const source = createReadStream(path);
  const unzipped = createGunzip();
  source.on('error', (error) => unzipped.destroy(error));
  source.pipe(unzipped);
  try {
    for await (const [bytes, next] of framesOf(unzipped)) {
      if (next.kind === 'F') return check(next, hash.digest('hex'));
      hash.update(bytes);
      yield next;
    }
    throw backupDamaged('it ends before its last frame');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true
      ? backupDamaged('it is no gzip stream')
      : error;
  } finally {
    source.destroy();
    unzipped.destroy();
  }
}

async function* framesOf(stream: Readable): AsyncGenerator<[Buffer, Frame]> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (let size = sizeOf(held); size !== undefined && held.length >= size; size = sizeOf(held)) {
      const bytes = held.subarray(0, size);
      yield [bytes, { kind: bytes.toString('latin1', 0, 1) as FrameKind, payload: bytes.subarray(HEAD_BYTES) }];
      held = held.subarray(size);
    }
  }
}

/** Bytes of the frame that begins here, once its head is there. */
function sizeOf(held: Buffer): number | undefined {
  if (held.length < HEAD_BYTES) return undefined;
  if (!'HTADF'.includes(held.toString('latin1', 0, 1))) throw backupDamaged('a frame is of no known kind');
  const length = held.readUInt32BE(1);
  if (length > MAX_PAYLOAD) throw backupDamaged('a frame is longer than any that is written');
  return HEAD_BYTES + length;
}

function check({ payload }: Frame, actual: string): void {
  const { sha256 } = jsonOf(payload) as { sha256?: unknown };
  if (sha256 !== actual) throw backupDamaged('its content does not have the checksum it was written with');
}
