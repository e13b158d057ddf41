import { i18n } from '../locales/index.ts'

const { t, te } = i18n.global

/** The long name of a recipe or method, in the current language. */
export const recipeTitle = (name: string | null): string =>
  name === null ? '' : te(`recipes.${name}`) ? t(`recipes.${name}`) : te(`merge.methods.${name}`) ? t(`merge.methods.${name}`) : name
export const runTitle = (run: { recipe: string | null }): string => recipeTitle(run.recipe)
