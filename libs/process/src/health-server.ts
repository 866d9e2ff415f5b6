import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DATA_SOURCE, selectOne } from '@tidemark/database';
import { HealthRegistry, LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { HEALTH_PORT } from './process.module.js';

const LOOPBACK = '127.0.0.1';

/**
 * `/health` and `/metrics` of a process without routes of its own, on loopback only: for the supervisor and a local
 * Prometheus agent.
 */
@Injectable()
export class HealthServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly health: HealthRegistry,
    private readonly metrics: Metrics,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(HEALTH_PORT) private readonly wantedPort: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Port it listens on; 0 before it does. */
  get port(): number {
    const address = this.server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.health.register('database', async () => {
      await selectOne(this.dataSource, 'select 1');
      return { status: 'ok', message: 'answers' };
    });
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.wantedPort, LOOPBACK, resolve);
    });
    this.server = server;
  }

  async onApplicationShutdown(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server === undefined ? resolve() : this.server.close(() => resolve())));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url === '/health') {
        const report = await this.health.report();
        response
          .writeHead(report.status === 'down' ? 503 : 200, { 'content-type': 'application/json' })
          .end(JSON.stringify(report));
      } else if (request.url === '/metrics') {
        response.writeHead(200, { 'content-type': this.metrics.contentType }).end(await this.metrics.text());
      } else {
        response.writeHead(404).end();
      }
    } catch (error) {
      this.logger.error({ err: error }, 'a health request could not be answered');
      response.writeHead(500).end();
    }
  }
}
