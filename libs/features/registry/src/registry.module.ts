import { Global, Module } from '@nestjs/common';
import { CatalogService } from './catalog.service.js';
import { DeploymentRepository } from './deployment.repository.js';
import { ModelRepository } from './model.repository.js';
import { ModelVersionRepository } from './model-version.repository.js';
import { PromotionService } from './promotion.service.js';
import { VERSION_CATALOG, VERSION_REGISTRAR, type VersionRegistrar } from './read/index.js';
import { RegistrationService } from './registration.service.js';

/** Names, versions, stages, deployments. */
@Global()
@Module({
  providers: [
    ModelRepository,
    ModelVersionRepository,
    DeploymentRepository,
    RegistrationService,
    PromotionService,
    CatalogService,
    { provide: VERSION_CATALOG, useExisting: CatalogService },
    {
      provide: VERSION_REGISTRAR,
      inject: [RegistrationService, PromotionService],
      useFactory: (registration: RegistrationService, promotion: PromotionService): VersionRegistrar => ({
        register: (request) => registration.register(request),
        promote: (request) => promotion.promote(request),
      }),
    },
  ],
  exports: [
    VERSION_CATALOG,
    VERSION_REGISTRAR,
    ModelRepository,
    ModelVersionRepository,
    DeploymentRepository,
    RegistrationService,
    PromotionService,
  ],
})
export class RegistryModule {}
