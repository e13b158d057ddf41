/** What the application asks of the room that trains. */
export { type Mark, type MarkShape } from './recipe.ts'
export { findRecipe, parseSettings, recipeRecord, recipes } from './recipes.ts'
