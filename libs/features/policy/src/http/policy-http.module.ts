import { Module } from '@nestjs/common';
import { ControlsService } from '../controls.service.js';
import { PolicyModule } from '../policy.module.js';
import { ControlsController } from './controls.controller.js';
import { DecisionsController } from './decisions.controller.js';

@Module({
  imports: [PolicyModule],
  controllers: [DecisionsController, ControlsController],
  providers: [ControlsService],
})
export class PolicyHttpModule {}
