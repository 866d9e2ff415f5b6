import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { RequestAuthenticator } from './request-authenticator.js';

/** Importing this module closes every route of the application that does not say otherwise. */
@Global()
@Module({
  providers: [ApiKeys, RequestAuthenticator, { provide: APP_GUARD, useClass: ApiKeyGuard }],
  exports: [ApiKeys, RequestAuthenticator],
})
export class AuthModule {}
