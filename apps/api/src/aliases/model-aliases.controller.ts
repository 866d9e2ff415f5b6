import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  dashboardModelsSchema,
  deployRequestSchema,
  deploymentSchema,
  nameSchema,
  validationMetricsQuerySchema,
  validationMetricsSchema,
  versionComparisonSchema,
  versionRefSchema,
  type DeployRequest,
  type Deployment,
  type Model,
  type ValidationMetrics,
  type VersionComparison,
} from '@tidemark/contracts';
import { liveTimeline } from '@tidemark/kernel';
import { ModelRepository } from '@tidemark/registry';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import type { z } from 'zod';
import { compareVersions } from './version-comparison.js';

type ValidationQuery = z.infer<typeof validationMetricsQuerySchema>;

/** One model for each agent: far more than an installation has. */
const MOST_MODELS = 500;

/** Documented paths about models; the primary ones are under `/api/v1/models`. */
@ApiTags('documented paths')
@Controller()
@RequiresKey()
export class ModelAliasesController {
  constructor(
    private readonly models: ModelRepository,
    private readonly agents: AgentCatalog,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(VERSION_REGISTRAR) private readonly registrar: VersionRegistrar,
  ) {}

  @Get('api/v1/models/:name/compare/:version/:other')
  @ApiOperation({ summary: 'Two versions of a model side by side: what differs, and every metric of either.' })
  @ApiOkResponse({ standardSchema: versionComparisonSchema })
  async compare(
    @Param('name', { schema: nameSchema }) name: string,
    @Param('version', { schema: versionRefSchema }) version: string,
    @Param('other', { schema: versionRefSchema }) other: string,
  ): Promise<VersionComparison> {
    await this.models.get({ timeline: liveTimeline(), model: name });
    return compareVersions(await this.catalog.version(name, version), await this.catalog.version(name, other));
  }

  @Get('mlops/models')
  @ApiOperation({ summary: 'As GET /api/v1/models, all on one page.' })
  @ApiOkResponse({ standardSchema: dashboardModelsSchema })
  async list(): Promise<{ items: Model[] }> {
    return { items: (await this.models.page(liveTimeline(), MOST_MODELS)).slice(0, MOST_MODELS) };
  }

  @Post('mlops/deploy')
  @HttpCode(200)
  @ApiOperation({ summary: 'As POST /api/v1/models/{name}/{version}/promote: through its gate, or with `override`.' })
  @ApiOkResponse({ standardSchema: deploymentSchema })
  async deploy(
    @Body({ schema: deployRequestSchema }) body: DeployRequest,
    @Principal() actor: string,
  ): Promise<Deployment> {
    await this.models.get({ timeline: liveTimeline(), model: body.model });
    return this.registrar.promote({ ...body, actor });
  }

  @Get('mlops/metrics/validation')
  @ApiOperation({ summary: 'Validation metrics, parity and gate of what each model has in Production.' })
  @ApiOkResponse({ standardSchema: validationMetricsSchema })
  async validation(
    @Query({ schema: validationMetricsQuerySchema }) { model }: ValidationQuery,
  ): Promise<ValidationMetrics> {
    const named = model === undefined ? this.agents.all() : [this.agents.byName(model)];
    const items: ValidationMetrics['items'] = [];
    for (const { agent } of named) {
      const serving = await this.catalog.production(agent.agent);
      if (serving !== undefined) items.push({ ...serving, task: agent.task });
    }
    return { items };
  }
}
