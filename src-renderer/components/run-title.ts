import { i18n } from '../locales/index.ts'

const { t, te } = i18n.global

/** A recipe or method by its long name, in the language of the app. */
export const recipeTitle = (name: string | null): string =>
  name === null ? '' : te(`recipes.${name}`) ? t(`recipes.${name}`) : te(`merge.methods.${name}`) ? t(`merge.methods.${name}`) : name
export const runTitle = (run: { recipe: string | null }): string => recipeTitle(run.recipe)
