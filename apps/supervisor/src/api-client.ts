import { type MainJob, mainJobSchema } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';

const TIMEOUT_MS = 10_000;

/** The few calls the supervisor makes to its own api. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly key: string,
  ) {}

  async mainJob(): Promise<MainJob> {
    return this.askMainJob('GET');
  }

  async startMainJob(): Promise<MainJob> {
    return this.askMainJob('POST');
  }

  private async askMainJob(method: 'GET' | 'POST'): Promise<MainJob> {
    const url = `${this.baseUrl}/api/v1/main-job`;
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.key}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw operationalError('API_REFUSED', `${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`, {
        details: { status: response.status },
      });
    }
    const parsed = mainJobSchema.safeParse(JSON.parse(text));
    if (!parsed.success) {
      throw operationalError(
        'API_ANSWER_UNKNOWN',
        `${method} ${url} answered in a form this version does not know: ${parsed.error.message}`,
      );
    }
    return parsed.data;
  }
}

/** True once the process behind the port answers its health route with success. */
export async function isHealthy(baseUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet, or restarting: the caller asks again until its own time limit.
    return false;
  }
}
