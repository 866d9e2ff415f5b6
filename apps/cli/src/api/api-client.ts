import { healthSchema, type Health } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import type { z } from 'zod';
import { answerUnknown, refused, unreachable } from './api-errors.js';

/** An answer: checked against its contract, and as it came. */
export interface Reply<T> {
  readonly value: T;
  readonly body: unknown;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

const TIMEOUT_MS = 60_000;
const PREFIX = '/api/v1';

/** Path below `/api/v1` with its parameters encoded: `` route`models/${name}` ``. */
export function route(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((path, part, index) => path + encodeURIComponent(values[index - 1] ?? '') + part);
}

/** Calls the API with the key of this session and turns its errors back into ours. */
export class ApiClient {
  constructor(
    readonly baseUrl: string,
    private readonly key: () => string,
  ) {}

  async get<S extends z.ZodType>(path: string, schema: S, query: Query = {}): Promise<Reply<z.infer<S>>> {
    return this.ask('GET', `${path}${searchText(query)}`, schema);
  }

  async post<S extends z.ZodType>(path: string, schema: S, body: unknown = {}): Promise<Reply<z.infer<S>>> {
    return this.ask('POST', path, schema, body);
  }

  async delete<S extends z.ZodType>(path: string, schema: S): Promise<Reply<z.infer<S>>> {
    return this.ask('DELETE', path, schema);
  }

  /** The health report, which is an answer also when it says that the process cannot serve. */
  async health(): Promise<Health> {
    const url = `${this.baseUrl}/health`;
    const response = await send(url, { method: 'GET' });
    const parsed = healthSchema.safeParse(await readJson(response, url));
    if (!parsed.success) throw answerUnknown(url, parsed.error.message);
    return parsed.data;
  }

  private async ask<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<Reply<z.infer<S>>> {
    const url = `${this.baseUrl}${PREFIX}/${path}`;
    const headers = { authorization: `Bearer ${this.key()}` };
    const response = await send(
      url,
      body === undefined
        ? { method, headers }
        : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
    const answer = await readJson(response, url);
    if (!response.ok) throw refused(response.status, answer, url);
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw answerUnknown(url, parsed.error.message);
    return { value: parsed.data, body: answer };
  }
}

function searchText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

async function send(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw unreachable(url, error);
  }
}

async function readJson(response: Response, url: string): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unreachable(url, error);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw operationalError(
      'API_ANSWER_UNKNOWN',
      `${url} answered ${response.status} with something that is not JSON: is another program listening there?`,
      { cause: error },
    );
  }
}
