/** Public interface of engine/recipes: training. */
export { type Mark, type MarkShape } from './recipe.ts'
export { findRecipe, parseSettings, recipeRecord, recipes } from './recipes.ts'
