import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/**
 * Who may call a route. `key`: with a valid API key. `open`: anyone. `loopback`: anyone on this machine, with a key from
 * elsewhere. A route that says nothing needs a key.
 */
export type AccessPolicy = 'key' | 'open' | 'loopback';

/** Metadata key the policy is stored under, on the handler or its controller. */
export const ACCESS_POLICY = 'tidemark:access-policy';

export const RequiresKey = (): CustomDecorator => SetMetadata(ACCESS_POLICY, 'key' satisfies AccessPolicy);
export const Open = (): CustomDecorator => SetMetadata(ACCESS_POLICY, 'open' satisfies AccessPolicy);
export const OpenOnLoopback = (): CustomDecorator => SetMetadata(ACCESS_POLICY, 'loopback' satisfies AccessPolicy);
