import { Agent, request } from 'node:http';

export interface ApiReply<T = unknown> {
  readonly status: number;
  readonly body: T;
}

const HOST = '127.0.0.1';

/** Calls one api process over kept-alive connections of its own, at most `connections` of them. */
export class ApiClient {
  private readonly agent: Agent;

  constructor(
    readonly port: number,
    private readonly key: string,
    connections = 4,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends once; never repeats. Rejects when the connection fails. */
  send<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<ApiReply<T>> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return new Promise((resolve, reject) => {
      const sent = request({ host: HOST, port: this.port, path, method, headers, agent: this.agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const isWhole = response.complete;
          if (isWhole) resolve({ status: response.statusCode ?? 0, body: parse(text) as T });
          else reject(new Error('the answer was cut off'));
        });
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  async get<T>(path: string): Promise<T> {
    return expectOk(await this.send<T>('GET', path), `GET ${path}`);
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return expectOk(await this.send<T>('POST', path, body), `POST ${path}`);
  }

  /** All items of a paged list. */
  async all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let cursor = ''; ;) {
      const separator = path.includes('?') ? '&' : '?';
      const page = await this.get<{ items: T[]; nextCursor?: string }>(`${path}${separator}limit=500${cursor}`);
      items.push(...page.items);
      if (page.nextCursor === undefined) return items;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

function expectOk<T>(reply: ApiReply<T>, what: string): T {
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  throw new Error(`${what} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
