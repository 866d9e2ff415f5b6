import {
  deploymentSchema,
  deploymentsPageSchema,
  modelSchema,
  modelVersionSchema,
  modelsPageSchema,
  stageRequestSchema,
  versionsPageSchema,
  type Deployment,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import type { JsonOption, Session } from '../session.js';
import { name, versionRef } from './arguments.js';
import { by, define, group, noteMore, paged, type PageOptions } from './define.js';
import { deploymentTable, modelFields, modelTable, versionFields, versionTable } from './models.view.js';

export function addModels(program: Command, session: Session): void {
  const models = group(program, 'models', 'registered models, their versions, and what serves');
  addReads(models, session);
  addWrites(models, session);
}

function addReads(models: Command, session: Session): void {
  paged(
    define(models, 'list', {
      summary: 'every model with its Production version',
      examples: ['models', 'models list --json'],
      isDefault: true,
    }),
  ).action(async ({ limit, cursor, json }: PageOptions) => {
    const reply = await session.api.get('models', modelsPageSchema, { limit, cursor });
    session.show(reply, { json }, ({ items }) => modelTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(models, 'show', {
    summary: 'a model, or one of its versions: metrics, gate, parity, lineage',
    examples: ['models show market_insight', 'models show risk_assessor 0.1.0'],
  })
    .argument('<name>', 'model', name)
    .argument('[version]', 'sequence number or semantic version', versionRef)
    .action(async (model: string, version: string | undefined, options: JsonOption) => {
      if (version === undefined) {
        session.show(await session.api.get(route`models/${model}`, modelSchema), options, modelFields);
      } else {
        const reply = await session.api.get(route`models/${model}/${version}`, modelVersionSchema);
        session.show(reply, options, versionFields);
      }
    });
  paged(
    define(models, 'versions', {
      summary: "a model's versions, newest first",
      examples: ['models versions risk_assessor --limit 10'],
    }).argument('<name>', 'model', name),
  ).action(async (model: string, { limit, cursor, json }: PageOptions) => {
    const reply = await session.api.get(route`models/${model}/versions`, versionsPageSchema, { limit, cursor });
    session.show(reply, { json }, ({ items }) => versionTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  paged(
    define(models, 'deployments', {
      summary: 'every change of Production, newest first: who, why, when',
      examples: ['models deployments market_insight'],
    }).argument('<name>', 'model', name),
  ).action(async (model: string, { limit, cursor, json }: PageOptions) => {
    const reply = await session.api.get(route`models/${model}/deployments`, deploymentsPageSchema, { limit, cursor });
    session.show(reply, { json }, ({ items }) => deploymentTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
}

function addWrites(models: Command, session: Session): void {
  define(models, 'promote', {
    summary: 'put a version into Production; without a passing gate it needs --override',
    examples: ['models promote risk_assessor 2', 'models promote market_insight 1.0.0 --override "trial on paper"'],
  })
    .argument('<name>', 'model', name)
    .argument('<version>', 'sequence number or semantic version', versionRef)
    .option('--override <reason>', 'promote although the gate was not passed; the reason is stored and shown')
    .action(async (model: string, version: string, { override, ...options }: JsonOption & { override?: string }) => {
      const reply = await session.api.post(route`models/${model}/${version}/promote`, deploymentSchema, { override });
      session.show(reply, options, serves);
    });
  define(models, 'rollback', {
    summary: 'back to the version served before, or to a named one that has served',
    examples: [
      'models rollback market_insight',
      'models rollback market_insight 0.1.0 --reason "breaches since Monday"',
    ],
  })
    .argument('<name>', 'model', name)
    .argument('[version]', 'sequence number or semantic version', versionRef)
    .option('--reason <reason>', 'stored with the deployment')
    .action(
      async (model: string, version: string | undefined, { reason, ...options }: JsonOption & { reason?: string }) => {
        const reply = await session.api.post(route`models/${model}/rollback`, deploymentSchema, { version, reason });
        session.show(reply, options, serves);
      },
    );
  define(models, 'stage', {
    summary: 'move a version that does not serve to None, Staging or Archived',
    examples: ['models stage market_insight 2 Staging'],
  })
    .argument('<name>', 'model', name)
    .argument('<version>', 'sequence number or semantic version', versionRef)
    .argument('<stage>', 'None, Staging or Archived', by(stageRequestSchema.shape.stage))
    .action(async (model: string, version: string, stage: string, options: JsonOption) => {
      const reply = await session.api.post(route`models/${model}/${version}/stage`, modelVersionSchema, { stage });
      session.show(reply, options, (changed) => [`${changed.model} ${changed.version} is in ${changed.stage}.`]);
    });
}

function serves(deployment: Deployment): string[] {
  return [`${deployment.model} serves ${deployment.version} (generation ${deployment.generation}).`];
}
