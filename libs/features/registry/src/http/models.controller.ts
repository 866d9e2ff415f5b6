import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import {
  deploymentSchema,
  deploymentsPageSchema,
  modelSchema,
  modelVersionSchema,
  modelsPageSchema,
  nameSchema,
  promoteRequestSchema,
  rollbackRequestSchema,
  stageRequestSchema,
  timelinePageQuerySchema,
  versionRefSchema,
  versionsPageSchema,
  type Deployment,
  type Model,
  type ModelVersion,
} from '@tidemark/contracts';
import { currentTimeline, decodeCursor, toPage, type CursorKeys, type Page } from '@tidemark/kernel';
import type { z } from 'zod';
import { DeploymentRepository, toDeployment } from '../deployment.repository.js';
import { ModelRepository } from '../model.repository.js';
import { ModelVersionRepository, toModelVersion, type ModelKey } from '../model-version.repository.js';
import { PromotionService } from '../promotion.service.js';
import { VERSION_CATALOG, type VersionCatalog } from '../read/index.js';

type PageQuery = z.infer<typeof timelinePageQuerySchema>;
type PromoteRequest = z.infer<typeof promoteRequestSchema>;
type RollbackRequest = z.infer<typeof rollbackRequestSchema>;
type StageRequest = z.infer<typeof stageRequestSchema>;

@ApiTags('models')
@Controller('api/v1/models')
@RequiresKey()
export class ModelsController {
  constructor(
    private readonly models: ModelRepository,
    private readonly versions: ModelVersionRepository,
    private readonly deployments: DeploymentRepository,
    private readonly promotion: PromotionService,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Registered models and what is in Production for each.' })
  @ApiOkResponse({ standardSchema: modelsPageSchema })
  async list(@Query({ schema: timelinePageQuerySchema }) query: PageQuery): Promise<Page<Model>> {
    const rows = await this.models.page(query.timeline ?? currentTimeline(), query.limit, cursorKey(query, 'name'));
    return toPage(rows, query.limit, (row) => [row.name]);
  }

  @Get(':name')
  @ApiOperation({ summary: 'One model.' })
  @ApiOkResponse({ standardSchema: modelSchema })
  async get(@Param('name', { schema: nameSchema }) name: string): Promise<Model> {
    return this.models.get(keyOf(name));
  }

  @Get(':name/versions')
  @ApiOperation({ summary: 'Versions of a model, newest first.' })
  @ApiOkResponse({ standardSchema: versionsPageSchema })
  async listVersions(
    @Param('name', { schema: nameSchema }) name: string,
    @Query({ schema: timelinePageQuerySchema }) query: PageQuery,
  ): Promise<Page<ModelVersion>> {
    const key = keyOf(name, query.timeline);
    await this.models.get(key);
    const rows = await this.versions.page(key, query.limit, cursorKey(query, 'int4'));
    return toPage(rows.map(toModelVersion), query.limit, (row) => [row.sequence]);
  }

  @Get(':name/deployments')
  @ApiOperation({ summary: 'What was in Production, newest first: one row a generation.' })
  @ApiOkResponse({ standardSchema: deploymentsPageSchema })
  async listDeployments(
    @Param('name', { schema: nameSchema }) name: string,
    @Query({ schema: timelinePageQuerySchema }) query: PageQuery,
  ): Promise<Page<Deployment>> {
    const key = keyOf(name, query.timeline);
    await this.models.get(key);
    const rows = await this.deployments.page(key, query.limit, cursorKey(query, 'int4'));
    return toPage(rows.map(toDeployment), query.limit, (row) => [row.generation]);
  }

  @Get(':name/:version')
  @ApiOperation({ summary: 'One version, by sequence or semantic version: metrics, parity, gate, lineage.' })
  @ApiOkResponse({ standardSchema: modelVersionSchema })
  async getVersion(
    @Param('name', { schema: nameSchema }) name: string,
    @Param('version', { schema: versionRefSchema }) version: string,
  ): Promise<ModelVersion> {
    await this.models.get(keyOf(name));
    return this.catalog.version(name, version);
  }

  @Post(':name/rollback')
  @ApiOperation({ summary: 'Back to the version served before, or to a named one that has served.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: deploymentSchema })
  async rollback(
    @Param('name', { schema: nameSchema }) name: string,
    @Body({ schema: rollbackRequestSchema }) body: RollbackRequest,
    @Principal() actor: string,
  ): Promise<Deployment> {
    return this.promotion.rollback({ ...keyOf(name), ...body, actor });
  }

  @Post(':name/:version/promote')
  @ApiOperation({
    summary: 'Puts a version into Production if its gate passed; `override` gives a reason to do it all the same.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: deploymentSchema })
  async promote(
    @Param('name', { schema: nameSchema }) name: string,
    @Param('version', { schema: versionRefSchema }) version: string,
    @Body({ schema: promoteRequestSchema }) body: PromoteRequest,
    @Principal() actor: string,
  ): Promise<Deployment> {
    return this.promotion.promote({ ...keyOf(name), version, ...body, actor });
  }

  @Post(':name/:version/stage')
  @ApiOperation({ summary: 'Moves a version that is not in Production between None, Staging and Archived.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: modelVersionSchema })
  async setStage(
    @Param('name', { schema: nameSchema }) name: string,
    @Param('version', { schema: versionRefSchema }) version: string,
    @Body({ schema: stageRequestSchema }) body: StageRequest,
  ): Promise<ModelVersion> {
    await this.promotion.setStage(keyOf(name), version, body.stage);
    return this.catalog.version(name, version);
  }
}

function keyOf(model: string, timeline = currentTimeline()): ModelKey {
  return { timeline, model };
}

function cursorKey<K extends 'name' | 'int4'>(query: PageQuery, kind: K): CursorKeys<[K]>[0] | undefined {
  return query.cursor === undefined ? undefined : decodeCursor(query.cursor, [kind])[0];
}
