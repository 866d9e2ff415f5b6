import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { startStudySchema, studySchema, type StartStudy, type Study } from '@tidemark/contracts';
import { StudyService } from '../study/study.service.js';

@ApiTags('studies')
@Controller('api/v1/studies')
@RequiresKey()
export class StudyController {
  constructor(private readonly studies: StudyService) {}

  @Post()
  @ApiOperation({
    summary: 'Starts a study, rows 7 to 10 of the table; one that failed goes on, another needs `rerun`.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: studySchema })
  async start(@Body({ schema: startStudySchema }) body: StartStudy): Promise<Study> {
    return this.studies.start(body);
  }

  @Get()
  @ApiOperation({ summary: 'State, progress and, once there, the results of the newest study.' })
  @ApiOkResponse({ standardSchema: studySchema })
  async get(): Promise<Study> {
    return this.studies.get();
  }
}
