import { Module } from '@nestjs/common';
import { MonitoringModule } from '../monitoring.module.js';
import { MonitoringController } from './monitoring.controller.js';

@Module({ imports: [MonitoringModule], controllers: [MonitoringController] })
export class MonitoringHttpModule {}
