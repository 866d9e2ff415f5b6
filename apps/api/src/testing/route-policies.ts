import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ACCESS_POLICY, type AccessPolicy } from '@tidemark/auth';

type Handler = (...args: unknown[]) => unknown;

/** Policy declared on every handler or its controller, by `METHOD /path`; undefined where nothing is declared. */
export function declaredPolicies(app: NestFastifyApplication): Map<string, AccessPolicy | undefined> {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return new Map(controllers.flatMap(({ metatype }) => (typeof metatype === 'function' ? policiesOf(metatype) : [])));
}

function policiesOf(controller: object): [string, AccessPolicy | undefined][] {
  const { prototype } = controller as { prototype: Record<string, Handler> };
  const handlers = Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor')
    .map((name) => prototype[name])
    .filter((handler): handler is Handler => typeof handler === 'function')
    .filter((handler) => Reflect.hasMetadata(PATH_METADATA, handler));
  return handlers.flatMap((handler) => {
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const policy = (Reflect.getMetadata(ACCESS_POLICY, handler) ?? Reflect.getMetadata(ACCESS_POLICY, controller)) as
      AccessPolicy | undefined;
    const paths = pathsOf(controller).flatMap((prefix) => pathsOf(handler).map((path) => joined(prefix, path)));
    return paths.map((path): [string, AccessPolicy | undefined] => [`${method} ${path}`, policy]);
  });
}

function pathsOf(target: object): string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | string[];
  return Array.isArray(path) ? path : [path];
}

function joined(...parts: string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;
}
