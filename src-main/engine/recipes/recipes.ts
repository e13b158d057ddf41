/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of recipes: every record in `records/`. */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { byId, inOrder } from '#shared/model/registry.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { RecipeRecord } from './recipe.ts'

const files = import.meta.glob<RecipeRecord>('./records/*.ts', { import: 'default', eager: true })
export const recipes = inOrder(files)

export const findRecipe = (id: string | null): RecipeRecord | undefined => recipes.find((r) => r.id === id)

/** @throws a user fault listing the known recipes */
export const recipeRecord = byId(recipes, (recipe, known) => sentence('recipe.unknown', { recipe, known }))

/** Parses settings by the recipe's schema and fills in defaults. @throws a user fault naming the setting */
export function parseSettings({ id, settings: schema }: RecipeRecord, settings: unknown): Record<string, z.core.util.JSONType> {
  const parsed = schema.safeParse(settings)
  if (parsed.success) return z.record(z.string(), z.json()).parse(parsed.data)
  const issue = parsed.error.issues[0]!
  const known = Object.keys(schema.shape).join(', ')
  if (issue.code === 'unrecognized_keys')
    throw userError(sentence('recipe.unknown-setting', { recipe: id, setting: issue.keys.join(', '), known }))
  throw userError(sentence('recipe.setting', { recipe: id, setting: issue.path.join('.'), problem: inField('', issue.message) }))
}
