import { TidemarkError, type ErrorFamily, type TidemarkErrorOptions } from '@tidemark/kernel';

/** A failure at the boundary to the native core or inside it. */
export class NativeError extends TidemarkError {
  constructor(code: string, family: ErrorFamily, message: string, options?: TidemarkErrorOptions) {
    super(code, family, message, options);
    this.name = 'NativeError';
  }
}

/** Codes of the native core that are not the caller's fault; what is not listed is. */
const FAMILIES: Readonly<Record<string, ErrorFamily>> = {
  RUNTIME_LIBRARY_MISSING: 'operational',
  RUNTIME_LIBRARY_TRUNCATED: 'operational',
  RUNTIME_LIBRARY_INVALID: 'operational',
  MODEL_UNREADABLE: 'operational',
  RUNTIME_NOT_INITIALISED: 'defect',
  HANDLE_INVALID: 'defect',
  ARRAYS_OVERLAP: 'defect',
  NATIVE_ENVIRONMENT: 'defect',
  NATIVE_PANIC: 'defect',
};

const OWN_CODE = /^[A-Z][A-Z0-9_]+$/;

/** Statuses of the binding layer for an argument of a wrong type, such as a Float32Array for a Float64Array. */
const ARGUMENT_STATUS = /^(InvalidArg|.*Expected)$/;

/** Rebuilds the domain error of whatever the addon threw. */
export function fromNative(error: unknown): NativeError {
  if (error instanceof NativeError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  if (typeof code === 'string' && OWN_CODE.test(code)) {
    return new NativeError(code, FAMILIES[code] ?? 'caller', text, { cause: error });
  }
  if (typeof code === 'string' && ARGUMENT_STATUS.test(code)) {
    return new NativeError('INVALID_ARGUMENT', 'defect', `An argument has the wrong type: ${text}.`, { cause: error });
  }
  return new NativeError('NATIVE_FAILURE', 'defect', `The native core failed: ${text}; please report this.`, {
    cause: error,
  });
}

/** Runs a call into the addon and rebuilds its error. */
export function callNative<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromNative(error);
  }
}
