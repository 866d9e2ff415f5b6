import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  alertsPageSchema,
  alertsQuerySchema,
  dashboardSchema,
  logPredictionSchema,
  nameSchema,
  predictionReplySchema,
  runMonitoringSchema,
  triggeredSchema,
  type Alert,
  type Dashboard,
  type LogPrediction,
  type PredictionReply,
  type Triggered,
} from '@tidemark/contracts';
import { PREDICTOR, type Predictor } from '@tidemark/inference/read';
import { decodeCursor, liveTimeline, toPage, type Page } from '@tidemark/kernel';
import { ManualSlotsService } from '@tidemark/loop/http';
import { AlertRepository, MetricRepository } from '@tidemark/monitoring';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import type { z } from 'zod';

type AlertsQuery = z.infer<typeof alertsQuerySchema>;

/** Newest figures and standing alerts that a dashboard shows. */
const SHOWN = 50;

/** Documented paths about monitoring; the primary ones are under `/api/v1/monitoring`. */
@ApiTags('documented paths')
@Controller()
@RequiresKey()
export class MonitoringAliasesController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly slots: ManualSlotsService,
    private readonly metrics: MetricRepository,
    private readonly alerts: AlertRepository,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(PREDICTOR) private readonly predictor: Predictor,
  ) {}

  @Post('api/v1/monitoring/run')
  @HttpCode(202)
  @ApiOperation({ summary: 'Queues a drift slot of now: new bars are scored, and every monitor looks at them.' })
  @ApiAcceptedResponse({ standardSchema: triggeredSchema })
  async run(@Body({ schema: runMonitoringSchema }) { agent }: z.infer<typeof runMonitoringSchema>): Promise<Triggered> {
    return { jobs: await this.slots.trigger('drift', agent) };
  }

  @Get('api/v1/monitoring/dashboard/:model')
  @ApiOperation({ summary: 'What serves, the state of every monitor, newest performance and alerts that stand.' })
  @ApiOkResponse({ standardSchema: dashboardSchema })
  async dashboard(@Param('model', { schema: nameSchema }) model: string): Promise<Dashboard> {
    const { agent } = this.agents.byName(model).agent;
    const timeline = liveTimeline();
    const page = { timeline, agent, limit: SHOWN };
    return {
      model,
      timeline,
      serving: await this.catalog.production(agent),
      monitors: await this.metrics.summary(page),
      performance: (await this.metrics.performance(page)).slice(0, SHOWN),
      alerts: (await this.alerts.page({ ...page, state: 'firing' })).slice(0, SHOWN),
    };
  }

  @Post('api/v1/monitoring/log-prediction')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Scores the given features and logs that, durably: only what a registered version computed is logged.',
  })
  @ApiOkResponse({ standardSchema: predictionReplySchema })
  async log(@Body({ schema: logPredictionSchema }) body: LogPrediction): Promise<PredictionReply> {
    const [reply] = await this.predictor.predict([body], { durability: 'durable' });
    return reply!;
  }

  @Get('mlops/alerts')
  @ApiOperation({ summary: 'As GET /api/v1/monitoring/alerts.' })
  @ApiOkResponse({ standardSchema: alertsPageSchema })
  async listAlerts(@Query({ schema: alertsQuerySchema }) query: AlertsQuery): Promise<Page<Alert>> {
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await this.alerts.page({ ...query, timeline: query.timeline ?? liveTimeline(), before });
    return toPage(rows, query.limit, (row) => [row.openedAt, row.id]);
  }
}
