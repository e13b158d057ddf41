/** The columns of the table of runs, their order of rows, and the filter above it. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { RunEntry } from '#shared/contract/training.ts'
import { keptOf, knowledgeOf } from '#shared/model/knowledge.ts'
import { significant } from '../format.ts'
import { accuracyOf, splitsOf } from '../metrics.ts'
import { recipes } from '../records.ts'
import { isTexts, remembered } from '../remembered.ts'
import { fieldsOf } from '../schema-fields.ts'
import { splitName } from '../splits.ts'
import { runTitle, settingTitle } from './run-title.ts'

export interface Column {
  key: string
  title: string
  /** The value that rows are sorted by; null sorts last. */
  value: (r: RunEntry) => string | number | null
  number?: boolean
  /** A split, or a setting, whose figures are in this column. */
  split?: string
  setting?: string
  /** Shown unless somebody hides it; others are hidden unless somebody shows them. */
  usual: boolean
  /** Cannot be hidden. */
  fixed?: boolean
}

export const secondsOf = (r: RunEntry): number | null =>
  typeof r.metrics['seconds'] === 'number' ? r.metrics['seconds'] : r.finished ? (r.finished - r.created) / 1000 : null

/** Settings that are no hyper-parameters. */
const notSettings = new Set(['name', 'label', 'model', 'device', 'checkpoints'])

/** What a run was made with: its own setting, or the default of its recipe; null where the recipe has no such setting. */
export function settingOf(r: RunEntry, key: string): { value: string | number; usual: boolean } | null {
  const own = r.settings[key]
  const written = (v: unknown) => (typeof v === 'number' ? v : typeof v === 'object' ? JSON.stringify(v) : String(v))
  if (own !== undefined && own !== null) return { value: written(own), usual: false }
  const entry = recipes.value.find((x) => x.name === r.recipe)
  const usual = entry && fieldsOf(entry.schema).find((f) => f.name === key)?.default
  return usual === undefined || usual === null ? null : { value: written(usual), usual: true }
}
export const settingText = (value: string | number): string => (typeof value === 'number' ? significant(value) : value)

/** `place`: where the choice of columns is kept. */
export function useRunColumns(runs: () => readonly RunEntry[], place: string, recipe?: () => string | undefined) {
  const { t } = useI18n()
  const toggled = remembered(`columns-${place}`, [], isTexts)
  const splits = computed(() => splitsOf(runs().map((r) => r.metrics)))
  /** The base model is only shown if the runs differ in it. */
  const based = computed(() => new Set(runs().map((r) => r.base)).size > 1)
  const settings = computed(() => {
    const used = new Set(runs().map((r) => r.recipe))
    const ofRecipes = recipes.value.filter((r) => used.has(r.name)).flatMap((r) => fieldsOf(r.schema).map((f) => f.name))
    return [...new Set([...runs().flatMap((r) => Object.keys(r.settings)), ...ofRecipes])].filter((k) => !notSettings.has(k))
  })
  const nameOf = (key: string) => {
    const titles = runs().map((r) => settingTitle(r.recipe, key))
    return titles.find((x) => x !== key) ?? key
  }
  const all: ComputedRef<Column[]> = computed(() => [
    { key: 'name', title: t('common.name'), value: (r) => r.name, usual: true, fixed: true },
    { key: 'recipe', title: recipe?.() ?? t('train.recipe'), value: (r) => r.recipe, usual: true },
    ...(based.value ? [{ key: 'base', title: t('train.base'), value: (r: RunEntry) => r.base, usual: true }] : []),
    ...splits.value.map((s) => ({
      ...{ key: `split:${s}`, title: splitName(s), split: s, number: true, usual: true },
      value: (r: RunEntry) => accuracyOf(r.metrics, s),
    })),
    ...(runs().some((r) => knowledgeOf(r.metrics))
      ? [{ key: 'kept', title: t('kept.column'), number: true, usual: true, value: (r: RunEntry) => keptOf(knowledgeOf(r.metrics)) }]
      : []),
    ...settings.value.map((k) => ({
      ...{ key: `setting:${k}`, title: nameOf(k), setting: k, number: true, usual: false },
      value: (r: RunEntry) => settingOf(r, k)?.value ?? null,
    })),
    { key: 'tags', title: t('train.tags'), value: (r) => r.tags.join(' ') || null, usual: false },
    { key: 'note', title: t('train.note'), value: (r) => r.note || null, usual: false },
    { key: 'seconds', title: t('train.duration'), value: secondsOf, number: true, usual: true },
    { key: 'status', title: t('train.status'), value: (r) => r.status, usual: true, fixed: true },
    { key: 'created', title: t('train.when'), value: (r) => r.created, usual: true },
  ])
  const isShown = (c: Column) => c.fixed === true || toggled.value.includes(c.key) !== c.usual
  return {
    shown: computed(() => all.value.filter(isShown)),
    /** Those that can be shown or hidden. */
    choice: computed(() => all.value.filter((c) => !c.fixed).map((c) => ({ key: c.key, title: c.title, shown: isShown(c) }))),
    toggle: (key: string) =>
      (toggled.value = toggled.value.includes(key) ? toggled.value.filter((k) => k !== key) : [...toggled.value, key]),
  }
}

/** Pinned runs first; among equals, and without a value, as they are. */
export function sortedBy(runs: readonly RunEntry[], column: Column, descending: boolean): RunEntry[] {
  const way = descending ? -1 : 1
  return [...runs].sort((a, b) => {
    if (a.pinned !== b.pinned) return a.pinned ? -1 : 1
    const [x, y] = [column.value(a), column.value(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return way * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }))
  })
}

/** Every word of the filter occurs in the run's name, recipe, base, tags, note, status or settings (`lr=0.001`). */
export function matches(r: RunEntry, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (!words.length) return true
  const settings = Object.entries(r.settings).map(([k, v]) => `${k}=${String(v)}`)
  const text = [r.name, r.recipe, runTitle(r), r.base, r.status, r.note, ...r.tags, ...settings].join('\n').toLowerCase()
  return words.every((w) => text.includes(w))
}
