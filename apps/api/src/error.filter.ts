import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ErrorResponse } from '@tidemark/contracts';
import { TidemarkError, callerError, toTidemarkError } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Errors that Nest and Fastify raise themselves, by HTTP status. */
const FRAMEWORK_CODES: Readonly<Record<number, string>> = {
  400: 'REQUEST_INVALID',
  404: 'ROUTE_UNKNOWN',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'CONTENT_TYPE_UNSUPPORTED',
};

/** The one place where an error becomes a response: `{code, message, details, requestId}`. Logs once. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = toCoded(thrown);
    this.log(error, request);
    // A route may have announced another type before it failed.
    const reply = http.getResponse<FastifyReply>().status(error.status).type('application/json; charset=utf-8');
    void reply.send(toResponse(error, request.id));
  }

  private log(error: TidemarkError, request: FastifyRequest): void {
    const fields = { requestId: request.id, method: request.method, url: request.url, code: error.code, err: error };
    if (error.family === 'defect') this.logger.error(fields, 'request failed: defect');
    else if (error.family === 'operational') this.logger.warn(fields, 'request failed');
    else this.logger.info({ ...fields, err: undefined }, error.message);
  }
}

/** Body of an error response. What a defect says stays in the log: its text may hold anything. */
export function toResponse(error: TidemarkError, requestId: string): ErrorResponse {
  const isDefect = error.family === 'defect';
  return {
    code: error.code,
    message: isDefect ? 'Something went wrong on our side; the log has it under this request id.' : error.message,
    details: isDefect ? {} : { ...error.details },
    requestId,
  };
}

export function toCoded(thrown: unknown): TidemarkError {
  if (thrown instanceof HttpException) return fromStatus(thrown.getStatus(), thrown.message, thrown);
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status < 500) return fromStatus(status, (thrown as Error).message, thrown);
  return toTidemarkError(thrown);
}

function fromStatus(status: number, message: string, cause: unknown): TidemarkError {
  if (status >= 500) return toTidemarkError(cause);
  return callerError(FRAMEWORK_CODES[status] ?? 'REQUEST_REFUSED', message, { status, cause });
}
