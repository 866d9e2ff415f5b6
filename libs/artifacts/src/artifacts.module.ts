import { Global, Module } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { ARTIFACT_STORE, type ArtifactStore } from './artifact-store.js';
import { LocalArtifactStore } from './local-artifact-store.js';

@Global()
@Module({
  providers: [
    {
      provide: ARTIFACT_STORE,
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig): ArtifactStore => new LocalArtifactStore(config.artifactRoot),
    },
  ],
  exports: [ARTIFACT_STORE],
})
export class ArtifactsModule {}
