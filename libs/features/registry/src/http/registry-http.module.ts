import { Module } from '@nestjs/common';
import { RegistryModule } from '../registry.module.js';
import { ModelsController } from './models.controller.js';

@Module({ imports: [RegistryModule], controllers: [ModelsController] })
export class RegistryHttpModule {}
