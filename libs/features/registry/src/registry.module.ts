import { Global, Module } from '@nestjs/common';
import { CatalogService } from './catalog.service.js';
import { DeploymentRepository } from './deployment.repository.js';
import { LiveTimelineWatcher } from './live-timeline.watcher.js';
import { ModelRepository } from './model.repository.js';
import { ModelVersionRepository } from './model-version.repository.js';
import { PromotionService } from './promotion.service.js';
import { TIMELINES, VERSION_CATALOG, VERSION_REGISTRAR, type VersionRegistrar } from './read/index.js';
import { RegistrationService } from './registration.service.js';
import { TimelineRepository } from './timeline.repository.js';
import { TimelineService } from './timeline.service.js';

/** Names, versions, stages, deployments; timelines and which of them serves. */
@Global()
@Module({
  providers: [
    ModelRepository,
    ModelVersionRepository,
    DeploymentRepository,
    RegistrationService,
    PromotionService,
    CatalogService,
    TimelineRepository,
    TimelineService,
    LiveTimelineWatcher,
    { provide: TIMELINES, useExisting: TimelineService },
    { provide: VERSION_CATALOG, useExisting: CatalogService },
    {
      provide: VERSION_REGISTRAR,
      inject: [RegistrationService, PromotionService],
      useFactory: (registration: RegistrationService, promotion: PromotionService): VersionRegistrar => ({
        register: (request) => registration.register(request),
        promote: (request) => promotion.promote(request),
        rollback: (request) => promotion.rollback(request),
      }),
    },
  ],
  exports: [
    VERSION_CATALOG,
    VERSION_REGISTRAR,
    TIMELINES,
    TimelineService,
    ModelRepository,
    ModelVersionRepository,
    DeploymentRepository,
    RegistrationService,
    PromotionService,
  ],
})
export class RegistryModule {}
