import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { defect } from '@tidemark/kernel';
import type { FastifyRequest } from 'fastify';

/** Parameter of a controller: the name of the API key the request came with. Not for open routes. */
export const Principal = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === undefined) throw defect('PRINCIPAL_MISSING', 'A route that asks who calls must need a key.');
  return principal;
});
