import { Injectable } from '@nestjs/common';
import { callerError } from '@tidemark/kernel';
import type { FastifyRequest } from 'fastify';
import type { AccessPolicy } from './access-policy.js';
import { ApiKeys } from './api-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the API key the request came with; absent on open routes called without one. */
    principal?: string;
  }
}

/** What is read of a request. */
export type IncomingRequest = Pick<FastifyRequest, 'headers' | 'socket' | 'principal'>;

/** Applies an access policy to a request. Used by the Nest guard and by plain Fastify hooks (documentation pages). */
@Injectable()
export class RequestAuthenticator {
  constructor(private readonly keys: ApiKeys) {}

  /** Sets `request.principal`; throws UNAUTHENTICATED (401) when the policy asks for a key that is missing or refused. */
  async authenticate(request: IncomingRequest, policy: AccessPolicy): Promise<void> {
    if (policy === 'open' || (policy === 'loopback' && isFromThisMachine(request))) return;
    const key = presentedKey(request);
    const principal = key === undefined ? undefined : await this.keys.verify(key);
    if (principal === undefined) {
      throw callerError('UNAUTHENTICATED', 'Expected a valid API key: Authorization: Bearer tm_… or X-API-Key: tm_….', {
        status: 401,
      });
    }
    request.principal = principal;
  }
}

/** A proxy on this machine speaks for others, so a forwarded request does not count as local. */
function isFromThisMachine({ headers, socket }: IncomingRequest): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  return isLoopback(socket.remoteAddress);
}

/** 127.0.0.0/8, ::1, and the former written as IPv6. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address ?? '');
}

function presentedKey({ headers }: IncomingRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const header = headers['x-api-key'];
  return bearer ?? (typeof header === 'string' ? header : undefined);
}
