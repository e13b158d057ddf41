/** What every action must have, as soon as its record is there. */
import '../helpers/page.ts'
import { createPinia, setActivePinia } from 'pinia'
import { beforeAll, describe, expect, it } from 'vitest'
import { locales } from '#shared/locales/index.ts'
import { wordsSchema } from '#shared/model/words.ts'
import { groups } from '../../src-renderer/actions/action.ts'
import { actions } from '../../src-renderer/actions/index.ts'
import { actionFiles } from '../../src-renderer/actions/registry.ts'
import { commands, tools } from '../../src-renderer/canvas/index.ts'
import { i18n } from '../../src-renderer/locales/index.ts'

beforeAll(() => setActivePinia(createPinia()))

it('collects all records of all files, each with a unique id', () => {
  const ids = actionFiles.flatMap((file) => file.actions.map((a) => a.id))
  expect([...ids].sort()).toEqual([...actions.keys()].sort())
  expect(new Set(actionFiles.map((file) => file.order)).size).toBe(actionFiles.length)
})

it('includes the tools and commands of the canvas', () => {
  const wanted = [...tools.map((t) => `tool-${t.id}`), ...Object.keys(commands)]
  expect(wanted.filter((id) => !actions.has(id))).toEqual([])
})

describe.each([...actions].map(([id, action]) => [id, action] as const))('%s', (id, action) => {
  it('has a name in every language, and a group in the lists', () => {
    wordsSchema.parse(action.title)
    expect(groups).toContain(action.group)
    for (const { id: locale } of locales) expect(i18n.global.te(`actions.${id}`, locale), locale).toBe(true)
  })
  it('has chords in their normal form', () => {
    for (const chord of [...(action.keys ?? []), ...(action.macKeys ?? [])])
      expect(chord).toMatch(/^(Ctrl\+)?(Alt\+)?(Shift\+)?([A-Z0-9]|F\d+|[A-Z][a-z]+[A-Za-z]*|[^\sA-Za-z0-9])$/)
  })
  it('reports whether it is available while no project is open', () => {
    expect(action.available()).toBeTypeOf('boolean')
  })
})
