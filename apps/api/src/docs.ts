import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { RequestAuthenticator } from '@tidemark/auth';

/** Patterns of the routes that the documentation module adds. */
const DOCS_ROUTES = /^\/docs(-json|-yaml)?(\/|$)/;

/** The OpenAPI description of every route, made from the contracts. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Tidemark')
    .setDescription('Train, register and serve trading models; every prediction logged.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API key: tm_…' })
    .addSecurityRequirements('bearer')
    .build();
  return SwaggerModule.createDocument(app, options);
}

/** `/docs`, without a key on this machine only: the pages are not controllers, so a hook applies the policy. */
export function serveDocs(app: NestFastifyApplication): void {
  const authenticator = app.get(RequestAuthenticator);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request) => {
      // The matched route, not the URL: a URL can spell the same path in many ways.
      if (DOCS_ROUTES.test(request.routeOptions.url ?? '')) await authenticator.authenticate(request, 'loopback');
    });
  SwaggerModule.setup('docs', app, () => createDocument(app), { jsonDocumentUrl: 'docs-json' });
}
