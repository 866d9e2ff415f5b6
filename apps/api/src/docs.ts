import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { RequestAuthenticator } from '@tidemark/auth';
import { errorResponseSchema } from '@tidemark/contracts';
import { z } from 'zod';

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** Patterns of the routes that the documentation module adds. */
const DOCS_ROUTES = /^\/docs(-json|-yaml)?(\/|$)/;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI description of every route, made from the contracts. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Tidemark')
    .setDescription('Train, register and serve trading models; every prediction logged.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API key: tm_…' })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'header')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('header')
    .build();
  return withErrors(SwaggerModule.createDocument(app, options));
}

/** Every error of every route has one shape. */
function withErrors(document: OpenAPIObject): OpenAPIObject {
  const ErrorResponse = z.toJSONSchema(errorResponseSchema, { target: 'openapi-3.0' }) as SchemaObject;
  const schema = { $ref: '#/components/schemas/ErrorResponse' };
  const error = { description: 'The request failed: `code` says why.', content: { 'application/json': { schema } } };
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation !== undefined) operation.responses = { ...operation.responses, default: error };
    }
  }
  const schemas = { ...document.components?.schemas, ErrorResponse };
  return { ...document, components: { ...document.components, schemas } };
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
