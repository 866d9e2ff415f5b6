import { Module } from '@nestjs/common';
import { ReplayModule } from '../replay.module.js';
import { ReplaysController } from './replays.controller.js';

@Module({ imports: [ReplayModule], controllers: [ReplaysController] })
export class ReplayHttpModule {}
