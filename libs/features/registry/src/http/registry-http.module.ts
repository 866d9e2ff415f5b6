import { Module } from '@nestjs/common';
import { RegistryModule } from '../registry.module.js';
import { ModelsController } from './models.controller.js';
import { TimelinesController } from './timelines.controller.js';

@Module({ imports: [RegistryModule], controllers: [ModelsController, TimelinesController] })
export class RegistryHttpModule {}
