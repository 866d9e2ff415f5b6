export interface EventuallyOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 20 ms. */
  readonly intervalMs?: number;
}

/** Calls `probe` until it neither throws nor returns false or undefined; then returns its result. Instead of sleeping in tests. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const result = await attempt(probe);
    if (result.ok) return result.value as Exclude<T, false | undefined>;
    if (performance.now() >= end) throw result.error;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

async function attempt<T>(probe: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    const value = await probe();
    if (value !== false && value !== undefined) return { ok: true, value };
    return { ok: false, error: new Error(`the expected state was not reached; last answer: ${String(value)}`) };
  } catch (error) {
    return { ok: false, error };
  }
}
