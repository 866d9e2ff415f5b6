import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createDocument } from './docs.js';
import { startTestApi, type TestApi } from './testing/test-api.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** A schema of OpenAPI 3.0 in today's JSON Schema, which spells exclusive limits as numbers. */
function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, toJsonSchema(value)] as const);
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = Object.fromEntries(entries);
  const limit = (name: string, exclusive: unknown, value: unknown): object => {
    if (value === undefined) return {};
    const isExclusive = exclusive === true;
    return { [isExclusive ? `exclusive${name[0]!.toUpperCase()}${name.slice(1)}` : name]: value };
  };
  return { ...rest, ...limit('minimum', exclusiveMinimum, minimum), ...limit('maximum', exclusiveMaximum, maximum) };
}

describe('OpenAPI document', () => {
  let api: TestApi;
  let document: OpenAPIObject;
  let operations: { path: string; method: string; operation: Operation }[];

  beforeAll(async () => {
    api = await startTestApi();
    document = JSON.parse(JSON.stringify(createDocument(api.app))) as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => (item[method] === undefined ? [] : [{ path, method, operation: item[method] }])),
    );
  });
  afterAll(() => api.close());

  it('names itself and how to authenticate', () => {
    expect(document).toMatchObject({ openapi: '3.0.0', info: { title: 'Tidemark', version: '1' } });
    const schemes = Object.keys(document.components?.securitySchemes ?? {});
    const named = [...(document.security ?? []), ...operations.flatMap(({ operation }) => operation.security ?? [])];
    expect(named.flatMap((requirement) => Object.keys(requirement)).filter((name) => !schemes.includes(name))).toEqual(
      [],
    );
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path);
    expect(open).toEqual(['/health', '/api/health']);
  });

  it('has every route of the router, and no other', () => {
    const routed = api.routes
      .filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/docs'))
      .map(({ method, url }) => `${String(method).toLowerCase()} ${url.replace(/:([a-zA-Z]+)/g, '{$1}')}`);
    expect(operations.map(({ path, method }) => `${method} ${path}`).sort()).toEqual([...new Set(routed)].sort());
  });

  it('gives each operation one id, declared path parameters, and described answers', () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => 'in' in parameter && parameter.in === 'path');
      expect(declared.map((parameter) => ('name' in parameter ? parameter.name : ''))).toEqual(inPath);
      expect(declared.every((parameter) => 'required' in parameter && parameter.required === true)).toBe(true);
      expect(operation.summary).toMatch(/\.$/);
      expect(Object.keys(operation.responses)).toContain('default');
      const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))?.[1];
      expect([path, Object.keys((success as { content?: object }).content ?? {})]).toEqual([
        path,
        [expect.any(String)],
      ]);
    }
  });

  it('takes a body on every POST that has one', () => {
    const without = operations.filter(
      ({ method, operation }) => method === 'post' && operation.requestBody === undefined,
    );
    expect(without.map(({ path }) => path).sort()).toEqual([
      '/api/v1/agents/{agent}/latches/{sha}/release',
      '/api/v1/agents/{name}/ingest',
      '/api/v1/jobs/{id}/cancel',
      '/api/v1/jobs/{id}/retry',
      '/api/v1/timelines/undo-adopt',
      '/api/v1/timelines/{id}/adopt',
      '/mlops/training/{id}/stop',
    ]);
  });

  it('has schemas that are sound, and references that lead somewhere', () => {
    const ajv = new Ajv2020({ strictTypes: false, validateFormats: false });
    let schemas = 0;
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref') {
          const parts = String(inner).replace('#/', '').split('/');
          const target = parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document);
          expect([inner, typeof target]).toEqual([inner, 'object']);
        } else if (key === 'schema' && !('$ref' in (inner as object))) {
          ajv.compile(toJsonSchema(inner) as object);
          schemas += 1;
        }
        visit(inner);
      }
    };
    visit(document);
    expect(schemas).toBeGreaterThan(50);
  });

  it('is the committed one, and can be made without a database', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-openapi-'));
    const file = join(folder, 'openapi.json');
    execFileSync(process.execPath, [resolve(import.meta.dirname, 'openapi.js'), file], { env: {} });
    const written = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    expect(JSON.parse(written)).toEqual(document);
    expect(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')).toBe(written);
  });
});
