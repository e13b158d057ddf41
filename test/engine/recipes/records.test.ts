/** What every recipe must have and do, as soon as its file is there. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { wordsSchema } from '#shared/model/words.ts'
import { fieldsOf } from '../../../src-renderer/schema-fields.ts'
import { kindClass, kindTitle, markPath } from '../../../src-main/app/report/marks.ts'
import { style } from '../../../src-main/app/report/style.ts'
import { storedCurve } from '../../../src-main/app/training/curve.ts'
import { markShapes } from '../../../src-main/engine/recipes/recipe.ts'
import { parseSettings, recipeRecord, recipes } from '../../../src-main/engine/recipes/recipes.ts'
import { captionTasks, regionTasks, tasks } from '../../../src-main/engine/tasks/tasks.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/engine/recipes/records')

it('there is one record per file, each with its own name, order and mark', () => {
  expect(recipes.map((r) => `${r.id}.ts`).sort()).toEqual(readdirSync(folder).sort())
  expect(new Set(recipes.map((r) => r.order)).size).toBe(recipes.length)
  expect(new Set(recipes.map((r) => r.mark.shape)).size).toBe(recipes.length)
  for (const tone of ['light', 'dark'] as const) expect(new Set(recipes.map((r) => r.mark[tone])).size).toBe(recipes.length)
})

it('an unknown recipe is refused with a list of the known ones', () => {
  expect(() => recipeRecord('lpft')).toThrow(`unknown recipe "lpft": there are ${recipes.map((r) => r.id).join(', ')}`)
})

describe.each(recipes.map((r) => [r.id, r] as const))('%s', (id, recipe) => {
  it('says what it is in both languages, where it comes from, and what it is for', () => {
    expect(id).toMatch(/^[a-z][a-z0-9-]*$/)
    wordsSchema.parse(recipe.title)
    wordsSchema.parse(recipe.about)
    expect(wordsSchema.parse(recipe.when).ja).toBeTruthy()
    expect(recipe.citation).toMatch(/\b(19|20)\d\d\b/)
    for (const need of { ...tasks, ...regionTasks, ...captionTasks }[recipe.task].needs) expect(recipe.needs).toContain(need)
  })

  it('has defaults for all of its settings, and words for each in both languages', () => {
    const json = z.toJSONSchema(recipe.settings, { io: 'input' })
    const fields = fieldsOf(json)
    expect(fields.map((f) => f.name)).toEqual(Object.keys(recipe.settings.shape))
    for (const field of fields) {
      expect(wordsSchema.parse(field.words).en).toBe(field.description)
      expect(field.default).toBeDefined()
      expect(wordsSchema.parse(field.names), `setting(…, { name: [en, ja] }) of ${field.name}`).toMatchObject({ en: field.title })
      expect(field.title).not.toBe(field.name)
    }
    expect(Object.keys(parseSettings(recipe, {}))).toEqual(Object.keys(recipe.settings.shape))
    for (const of of ['deep', 'interpolate']) expect(Object.keys(recipe.settings.shape)).toContain(of)
  })

  it('refuses a foreign or out-of-range setting in one line', () => {
    expect(() => parseSettings(recipe, { stir: 1 })).toThrow(`recipe ${id}: unknown setting stir (it has `)
    expect(() => parseSettings(recipe, { deep: 1 })).toThrow(`recipe ${id}: deep: `)
  })

  it('has its own mark in reports, in light and dark', () => {
    expect(markShapes).toContain(recipe.mark.shape)
    expect(markPath(id)).toMatch(/^M/)
    expect(kindTitle(id)).toBe(recipe.mark.label)
    for (const tone of ['light', 'dark'] as const) expect(style.text).toContain(`--k-${id}:${recipe.mark[tone]}`)
    expect(style.text).toContain(`.${kindClass(id)}{`)
  })

  it('plans phases that cost something, its curve’s among them', () => {
    const phases = recipe.phases(parseSettings(recipe, {}), () => 100)
    for (const { cost } of phases) expect(cost).toBeGreaterThan(0)
    expect(new Set(phases.map((p) => p.name)).size).toBe(phases.length)
    if (recipe.untrained) expect(recipe.curve).toBeUndefined()
    else {
      expect(phases.map((p) => p.name)).toContain(recipe.curve!.phase)
      expect(storedCurve({ id: 'run', recipe: id, metrics: { loss: [1] } })[0]!.phase).toBe(recipe.curve!.phase)
    }
  })
})
