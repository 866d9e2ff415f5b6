import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  outcomesPageSchema,
  outcomesQuerySchema,
  predictRequestSchema,
  predictResponseSchema,
  predictionSchema,
  predictionsPageSchema,
  predictionsQuerySchema,
  type Outcome,
  type PredictRequest,
  type Prediction,
  type PredictionReply,
} from '@tidemark/contracts';
import { decodeCursor, instantOf, toPage, type Page } from '@tidemark/kernel';
import { z } from 'zod';
import { OutcomeRepository } from '../outcome.repository.js';
import { PredictionRepository } from '../prediction.repository.js';
import { PREDICTOR, type Predictor } from '../read/index.js';

type PredictionsQuery = z.infer<typeof predictionsQuerySchema>;
type OutcomesQuery = z.infer<typeof outcomesQuerySchema>;

@ApiTags('inference')
@Controller('api/v1')
@RequiresKey()
export class PredictController {
  constructor(
    @Inject(PREDICTOR) private readonly predictor: Predictor,
    private readonly predictions: PredictionRepository,
    private readonly outcomes: OutcomeRepository,
  ) {}

  @Post('predict')
  @ApiOperation({ summary: 'One item or `{items: […]}`; all are answered or none.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: predictResponseSchema })
  async predict(
    @Body({ schema: predictRequestSchema }) body: PredictRequest,
  ): Promise<PredictionReply | { items: PredictionReply[] }> {
    const { durability, ...request } = body;
    if ('items' in request) return { items: await this.predictor.predict(request.items, { durability }) };
    const [reply] = await this.predictor.predict([request], { durability });
    return reply!;
  }

  @Get('predictions')
  @ApiOperation({ summary: 'Logged predictions, newest first.' })
  @ApiOkResponse({ standardSchema: predictionsPageSchema })
  async listPredictions(@Query({ schema: predictionsQuerySchema }) query: PredictionsQuery): Promise<Page<Prediction>> {
    const keys = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await this.predictions.page({
      agent: query.agent,
      mode: query.mode,
      timeline: query.timeline,
      ...range(query),
      before: keys,
      limit: query.limit,
    });
    return toPage(rows, query.limit, (row) => [row.at, row.id]);
  }

  @Get('predictions/:id')
  @ApiOperation({ summary: 'One logged prediction with its inputs and outputs.' })
  @ApiOkResponse({ standardSchema: predictionSchema })
  async getPrediction(@Param('id', { schema: z.uuid() }) id: string): Promise<Prediction> {
    return this.predictions.get(id);
  }

  @Get('outcomes')
  @ApiOperation({ summary: 'Matured outcomes, oldest first; the latest revision of each.' })
  @ApiOkResponse({ standardSchema: outcomesPageSchema })
  async listOutcomes(@Query({ schema: outcomesQuerySchema }) query: OutcomesQuery): Promise<Page<Outcome>> {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant'])[0];
    const { agent, timeline, limit } = query;
    const rows = await this.outcomes.page({ agent, timeline, ...range(query), after, limit });
    return toPage(rows, query.limit, (row) => [row.asOf]);
  }
}

/** `from` and `to` as instants: a date in `from` means its start, in `to` its end. */
function range(query: { from?: string; to?: string }): { from?: Date; to?: Date } {
  return {
    from: query.from === undefined ? undefined : instantOf(query.from, 'start'),
    to: query.to === undefined ? undefined : instantOf(query.to, 'end'),
  };
}
