import { Injectable } from '@nestjs/common';
import type { ModelVersion } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { BaselineService } from './baseline.service.js';
import type { TrainingRequest } from './dataset-preparer.js';
import { NewRecipeService } from './new-recipe.service.js';
import { RefitService } from './refit.service.js';

/** What a training may be asked for, each by the service that does it. */
@Injectable()
export class TrainingModes {
  constructor(
    private readonly newRecipes: NewRecipeService,
    private readonly refits: RefitService,
    private readonly baselines: BaselineService,
  ) {}

  async train(context: JobContext, request: TrainingRequest): Promise<ModelVersion> {
    switch (request.mode) {
      case 'refit':
        return this.refits.train(context, request);
      case 'baseline':
        return this.baselines.train(context, request);
      case 'new_recipe':
        return this.newRecipes.train(context, request);
    }
  }
}
