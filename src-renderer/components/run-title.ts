import { i18n, wordOf } from '../locales/index.ts'
import { recipes } from '../records.ts'
import { fieldsOf } from '../schema-fields.ts'

const { t, te } = i18n.global

/** The long name of a recipe or method, in the current language. */
export const recipeTitle = (name: string | null): string =>
  name === null ? '' : te(`recipes.${name}`) ? t(`recipes.${name}`) : te(`merge.methods.${name}`) ? t(`merge.methods.${name}`) : name
export const runTitle = (run: { recipe: string | null }): string => recipeTitle(run.recipe)

/** Settings that every recipe has, which are in no schema. */
const common: Readonly<Record<string, string>> = { shots: 'sweep.shotsName', seed: 'train.seed', alpha: 'merge.alpha' }

/** What people call a setting of a recipe, in the current language; its key where nobody gave it a name. */
export function settingTitle(recipe: string | null, key: string): string {
  const entry = recipes.value.find((r) => r.name === recipe)
  const field = entry && fieldsOf(entry.schema).find((f) => f.name === key)
  if (field) return wordOf(['recipe', entry.name, `name ${key}`], { ...field.names, en: field.title })
  return common[key] ? t(common[key]) : key
}
