import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '@tidemark/config';
import type { Clock } from '@tidemark/kernel';
import { initNative } from '@tidemark/native';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { AppModule } from './app.module.js';
import { serveDocs } from './docs.js';
import { ErrorFilter, toCoded, toResponse } from './error.filter.js';
import { createValidationPipe } from './validation.js';

/** Keep-alive longer than clients' and proxies' own, so that they close first. */
const KEEP_ALIVE_MS = 75_000;

export interface AppOptions {
  /** Told of every route. */
  readonly onRoute?: (route: RouteOptions) => void;
  /** Default the wall clock. */
  readonly clock?: Clock;
}

/** Builds the API as it runs in production; the caller listens and closes. */
export async function createApp(
  config: AppConfig,
  { onRoute, clock }: AppOptions = {},
): Promise<NestFastifyApplication> {
  initNative({ ortLibrary: config.ortLibrary });
  const adapter = new FastifyAdapter({
    bodyLimit: config.predict.maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    // What fails before there is a route, such as a URL that cannot be decoded, never gets to Nest's filter.
    frameworkErrors: (thrown: Error, request: FastifyRequest, reply: FastifyReply): void => {
      const error = toCoded(thrown);
      void reply.status(error.status).send(toResponse(error, request.id));
    },
  });
  if (onRoute !== undefined) adapter.getInstance().addHook('onRoute', onRoute);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forConfig(config, clock), adapter, {
    logger: false,
    abortOnError: false,
  });
  const logger = app.get<Logger>(LOGGER);
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger));
  measureRequests(app, app.get(Metrics));
  serveDocs(app);
  return app;
}

/** Duration of every request by route pattern, so that ids do not become label values. */
function measureRequests(app: NestFastifyApplication, metrics: Metrics): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unknown';
      metrics.httpDuration.observe(
        { route, method: request.method, status: String(reply.statusCode) },
        reply.elapsedTime / 1_000,
      );
      done();
    });
}
