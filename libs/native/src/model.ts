import { signatureSchema, type Signature } from '@tidemark/contracts';
import { binding, runtime } from './addon.js';
import type { NativeModelMetadata } from './binding.js';
import { NativeError, callNative, fromNative } from './errors.js';
import { computeInputs, type BarMatrix } from './features.js';

export interface LoadOptions {
  /** SHA-256 the file must have, hexadecimal. */
  readonly sha256?: string;
  /** Largest file that is accepted; default 256 MiB. */
  readonly maxBytes?: number;
}

export type ModelMetadata = Readonly<NativeModelMetadata>;

const SIGNATURE_KEY = 'tidemark.signature';

/** Numbers of input rows that are held at once while a span of bars is scored. */
const SPAN_VALUES = 1 << 20;

/** Frees models that nobody disposed of. The native side has told the collector what they weigh. */
const forgotten = new FinalizationRegistry<number>((handle) => binding().disposeModel(handle));

/**
 * A model in the native core: one flat row of numbers in, one flat row out.
 *
 * A model belongs to the thread that loaded it, and frees about six times its file's size on `dispose`. Every failure
 * is a {@link NativeError} with a stable code. Rows are scored one by one also in batches, so that an answer has the
 * same bits whichever method gave it.
 */
export class Model {
  private parsed: Signature | undefined;

  private constructor(
    private readonly handle: number,
    readonly metadata: ModelMetadata,
  ) {
    forgotten.register(this, handle, this);
  }

  /** Loads on the calling thread: milliseconds for small models. @throws MODEL_* */
  static load(path: string, options: LoadOptions = {}): Model {
    return Model.of(callNative(() => runtime().loadModel(path, options.sha256, options.maxBytes)));
  }

  /** Loads off the calling thread. @throws MODEL_* */
  static async loadAsync(path: string, options: LoadOptions = {}): Promise<Model> {
    try {
      return Model.of(await runtime().loadModelAsync(path, options.sha256, options.maxBytes));
    } catch (error) {
      throw fromNative(error);
    }
  }

  private static of(handle: number): Model {
    return new Model(
      handle,
      callNative(() => binding().modelMetadata(handle)),
    );
  }

  /** The signature in the model's metadata. @throws SIGNATURE_MISSING, SIGNATURE_INVALID */
  get signature(): Signature {
    this.parsed ??= parseSignature(this.metadata.custom[SIGNATURE_KEY]);
    return this.parsed;
  }

  /** Scores invented rows, so that the first real one does not pay for lazy allocation and cold caches. */
  warmUp(rows = 1): void {
    callNative(() => binding().warmUp(this.handle, rows));
  }

  /** Scores one row into `output`, without allocating. `output` is unspecified after an error. */
  predictInto(input: Float64Array, output: Float64Array): void {
    try {
      binding().predictInto(this.handle, input, output);
    } catch (error) {
      throw fromNative(error);
    }
  }

  /** Scores `rows` rows, row-major, into `output` on the calling thread. */
  predictBatchInto(input: Float64Array, rows: number, output: Float64Array): void {
    callNative(() => binding().predictBatchInto(this.handle, input, rows, output));
  }

  /** Scores `rows` rows, row-major, off the calling thread. `input` may be reused at once: it is copied. */
  async predictBatch(input: Float64Array, rows: number): Promise<Float64Array> {
    try {
      return await binding().predictBatch(this.handle, input, rows);
    } catch (error) {
      throw fromNative(error);
    }
  }

  /**
   * Scores bars `from..to` (half-open), each from the bars up to its own, with inputs by the code that training uses;
   * off the calling thread except for the inputs. The model needs a signature.
   */
  async predictBars(bars: BarMatrix, from: number, to: number): Promise<Float64Array> {
    const { signature } = this;
    const { rowWidth, outputWidth } = this.metadata;
    const outputs = new Float64Array(outputWidth * Math.max(0, to - from));
    const part = Math.max(1, Math.floor(SPAN_VALUES / rowWidth));
    for (let start = from; start < to; start += part) {
      const end = Math.min(to, start + part);
      const scored = await this.predictBatch(computeInputs(signature, bars, start, end), end - start);
      outputs.set(scored, (start - from) * outputWidth);
    }
    return outputs;
  }

  /** Frees the native memory. Batches under way end normally; later calls fail with HANDLE_INVALID. Idempotent. */
  dispose(): void {
    if (forgotten.unregister(this)) callNative(() => binding().disposeModel(this.handle));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function parseSignature(text: string | undefined): Signature {
  if (text === undefined) {
    throw new NativeError(
      'SIGNATURE_MISSING',
      'caller',
      `The model has no ${SIGNATURE_KEY} metadata; train it with Tidemark.`,
    );
  }
  // The core has parsed the same text when it loaded the model, so it is JSON.
  const result = signatureSchema.safeParse(JSON.parse(text));
  if (!result.success) {
    const message = `The model's signature is not one of version 1: ${result.error.message}`;
    throw new NativeError('SIGNATURE_INVALID', 'caller', message, { cause: result.error });
  }
  return result.data;
}
