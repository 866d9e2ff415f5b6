import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import {
  alertNoteSchema,
  alertSchema,
  alertsPageSchema,
  alertsQuerySchema,
  driftMetricsPageSchema,
  driftMetricsQuerySchema,
  importancePageSchema,
  importanceQuerySchema,
  monitoringSummaryQuerySchema,
  monitoringSummarySchema,
  nameSchema,
  performancePageSchema,
  performanceQuerySchema,
  type Alert,
  type DriftMetric,
  type Importance,
  type MonitoringSummary,
  type Performance,
} from '@tidemark/contracts';
import { decodeCursor, liveTimeline, toPage, type Page } from '@tidemark/kernel';
import { z } from 'zod';
import { AlertRepository } from '../alert.repository.js';
import { MetricRepository } from '../metric.repository.js';

type DriftQuery = z.infer<typeof driftMetricsQuerySchema>;
type PerformanceQuery = z.infer<typeof performanceQuerySchema>;
type ImportanceQuery = z.infer<typeof importanceQuerySchema>;
type AlertsQuery = z.infer<typeof alertsQuerySchema>;
type SummaryQuery = z.infer<typeof monitoringSummaryQuerySchema>;
type AlertNote = z.infer<typeof alertNoteSchema>;

/** Reads default to the live timeline. */
@ApiTags('monitoring')
@Controller('api/v1/monitoring')
@RequiresKey()
export class MonitoringController {
  constructor(
    private readonly metrics: MetricRepository,
    private readonly alerts: AlertRepository,
  ) {}

  @Get('drift')
  @ApiOperation({ summary: 'Drift of inputs and predictions, data age, volume and skew by bar, newest first.' })
  @ApiOkResponse({ standardSchema: driftMetricsPageSchema })
  async drift(@Query({ schema: driftMetricsQuerySchema }) query: DriftQuery): Promise<Page<DriftMetric>> {
    const before =
      query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'name', 'name', 'name']);
    const rows = await this.metrics.drift({ ...query, timeline: query.timeline ?? liveTimeline(), before });
    return toPage(rows, query.limit, (row) => [row.asOf, row.agent, row.monitor, row.subject]);
  }

  @Get('performance')
  @ApiOperation({ summary: 'Loss, calibration and value at risk of what serves by bar, newest first.' })
  @ApiOkResponse({ standardSchema: performancePageSchema })
  async performance(@Query({ schema: performanceQuerySchema }) query: PerformanceQuery): Promise<Page<Performance>> {
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'name', 'name']);
    const rows = await this.metrics.performance({ ...query, timeline: query.timeline ?? liveTimeline(), before });
    return toPage(rows, query.limit, (row) => [row.asOf, row.agent, row.monitor]);
  }

  @Get('importance')
  @ApiOperation({ summary: 'Permutation importance of the inputs of serving versions, newest first.' })
  @ApiOkResponse({ standardSchema: importancePageSchema })
  async importance(@Query({ schema: importanceQuerySchema }) query: ImportanceQuery): Promise<Page<Importance>> {
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'name', 'name']);
    const rows = await this.metrics.importance({ ...query, timeline: query.timeline ?? liveTimeline(), before });
    return toPage(rows, query.limit, (row) => [row.asOf, row.agent, row.feature]);
  }

  @Get('summary/:agent')
  @ApiOperation({ summary: 'State and newest figures of every monitor of an agent.' })
  @ApiOkResponse({ standardSchema: monitoringSummarySchema })
  async summary(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Query({ schema: monitoringSummaryQuerySchema }) query: SummaryQuery,
  ): Promise<MonitoringSummary> {
    const key = { agent, timeline: query.timeline ?? liveTimeline() };
    return { ...key, items: await this.metrics.summary(key) };
  }

  @Get('alerts')
  @ApiOperation({ summary: 'Alerts, newest first.' })
  @ApiOkResponse({ standardSchema: alertsPageSchema })
  async listAlerts(@Query({ schema: alertsQuerySchema }) query: AlertsQuery): Promise<Page<Alert>> {
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await this.alerts.page({ ...query, timeline: query.timeline ?? liveTimeline(), before });
    return toPage(rows, query.limit, (row) => [row.openedAt, row.id]);
  }

  @Post('alerts/:id/acknowledge')
  @ApiOperation({ summary: 'Says that somebody knows of the alert; it stands until its condition ends.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: alertSchema })
  async acknowledge(
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: alertNoteSchema }) { note }: AlertNote,
    @Principal() actor: string,
  ): Promise<Alert> {
    return this.alerts.acknowledge(id, actor, note);
  }

  @Post('alerts/:id/resolve')
  @ApiOperation({ summary: 'Closes an alert by hand; it comes back only after its condition has cleared.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: alertSchema })
  async resolve(
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: alertNoteSchema }) { note }: AlertNote,
    @Principal() actor: string,
  ): Promise<Alert> {
    return this.alerts.resolve(id, actor, note);
  }
}
