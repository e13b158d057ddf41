/** Records of the application that windows list. Their words are merged into those of each language. */
import { shallowRef } from 'vue'
import type { MergeMethodEntry, RecipeEntry } from '#shared/contract/rooms.ts'
import { i18n } from './locales/index.ts'
import { call } from './rpc/index.ts'

export const mergeMethods = shallowRef<readonly MergeMethodEntry[]>([])

export const recipes = shallowRef<readonly RecipeEntry[]>([])

export async function loadRecords(): Promise<void> {
  await Promise.all([loadMethods(), loadRecipes()])
}

async function loadMethods(): Promise<void> {
  const methods = await call('merging.methods')
  for (const language of ['en', 'ja'] as const) {
    const words = (of: 'title' | 'about') => Object.fromEntries(methods.map((m) => [m.name, m[of][language]]))
    i18n.global.mergeLocaleMessage(language, { merge: { methods: words('title'), about: words('about') } })
  }
  mergeMethods.value = methods
}

async function loadRecipes(): Promise<void> {
  const found = await call('training.recipes')
  for (const language of ['en', 'ja'] as const) {
    const words = (of: 'title' | 'about') => Object.fromEntries(found.map((r) => [r.name, r[of][language]]))
    i18n.global.mergeLocaleMessage(language, { recipes: words('title'), recipesAbout: words('about') })
  }
  recipes.value = found
}
