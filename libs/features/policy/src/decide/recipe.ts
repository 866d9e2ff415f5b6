import type { DecisionResult, SlotContext } from '@tidemark/contracts';
import { count } from './words.js';

export interface Recipe {
  readonly mode: NonNullable<DecisionResult['mode']>;
  readonly why: string;
}

/** All families compete while the baseline serves, and from time to time; in between the serving recipe is fitted anew. */
export function recipeOf({ serving, bars, policy }: SlotContext): Recipe {
  const { sinceNewRecipe } = bars;
  const { newRecipeEveryBars } = policy;
  if (serving.isBaseline) return { mode: 'new_recipe', why: 'the baseline serves' };
  if (sinceNewRecipe === undefined) return { mode: 'new_recipe', why: 'no recipe has competed yet' };
  const why = `${count(sinceNewRecipe, 'bar')} since recipes competed, due every ${newRecipeEveryBars}`;
  return { mode: sinceNewRecipe >= newRecipeEveryBars ? 'new_recipe' : 'refit', why };
}
