import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  /** `GET /api/v1/models?limit=2` */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** Answers by method and path without the query. A list is used up one by one; its last answer stays. */
export type FakeRoutes = Record<string, FakeAnswer | FakeAnswer[]>;

/** An HTTP server on a free port that answers what a test says and keeps what it was asked. */
export class FakeApi {
  readonly requests: SeenRequest[] = [];
  private readonly answered = new Map<string, number>();

  private constructor(
    private readonly server: Server,
    private readonly routes: FakeRoutes,
  ) {}

  static async start(routes: FakeRoutes): Promise<FakeApi> {
    const server = createServer();
    const api = new FakeApi(server, routes);
    server.on('request', (request, response) => {
      void api.answer(request).then(({ status = 200, body }) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<FakeAnswer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const text = Buffer.concat(chunks).toString('utf8');
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    this.requests.push({ line, headers: request.headers, body });
    const route = line.split('?')[0]!;
    const answers = this.routes[route] ?? { status: 404, body: errorBody('ROUTE_UNKNOWN', `no ${route} in this test`) };
    if (!Array.isArray(answers)) return answers;
    const turn = this.answered.get(route) ?? 0;
    this.answered.set(route, turn + 1);
    return answers[Math.min(turn, answers.length - 1)]!;
  }
}

export function errorBody(code: string, message: string, details: Record<string, unknown> = {}): unknown {
  return { code, message, details, requestId: 'request-1' };
}
