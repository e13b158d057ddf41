/** The pages of docs/guide: what they link to is there, in every language, and they name what the program has. */
import '../../helpers/page.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rendered } from '../../../.ci/guide.mjs'
import { defaultKeys } from '../../../src-renderer/actions/keys.ts'
import { pageNames } from '../../../src-renderer/guide/names.ts'
import { pageFor } from '../../../src-renderer/guide/place.ts'

const root = join(import.meta.dirname, '../../..')
const guide = join(root, 'docs', 'guide')
const languages = readdirSync(guide)
const read = (language: string, page: string) => readFileSync(join(guide, language, `${page}.md`), 'utf8')
const links = (html: string) =>
  [...html.matchAll(/data-page="(.*?)" data-section="(.*?)"/g)].map(([, page = '', section = '']) => ({ page, section }))

describe.each(languages.flatMap((l) => pageNames.map((p) => [l, p] as const)))('the guide, %s/%s', (language, page) => {
  const { title, sections, parts } = rendered(read(language, page))
  it('has a title, sections and a picture, and is short', () => {
    expect(title).not.toBe('')
    expect(sections.length).toBeGreaterThan(1)
    expect(new Set(sections.map((s) => s.id)).size).toBe(sections.length)
    expect(read(language, page).split('\n').length).toBeLessThan(80)
  })
  it('links to existing pages, sections and pictures', () => {
    for (const picture of parts.filter((_, i) => i % 2)) expect(existsSync(join(guide, language, picture)), picture).toBe(true)
    for (const link of links(parts.join(''))) {
      const to = link.page || page
      expect(pageNames).toContain(to)
      if (link.section) expect(rendered(read(language, to)).sections.map((s) => s.id)).toContain(link.section)
    }
  })
  it('has the same structure as the English page', () => {
    const english = rendered(read('en', page))
    expect(sections).toHaveLength(english.sections.length)
    expect(parts).toHaveLength(english.parts.length)
    const code = (text: string) => [...text.matchAll(/```sh\n(.*?)```/gs)].map((m) => m[1])
    expect(code(read(language, page))).toEqual(code(read('en', page)))
  })
  it('names existing shortcuts', () => {
    const known = new Set([...defaultKeys.values()].flat())
    const keys = [...read(language, page).matchAll(/`((?:(?:Ctrl|Shift|Alt)\+)*(?:[A-Z0-9/.]|F1|Enter|Esc|Delete))`/g)].map((m) => m[1]!)
    for (const key of keys) expect([...known], key).toContain(key.replace(/^Esc$/, 'Escape'))
  })
})

describe('the guide', () => {
  it('allows no HTML and nothing external', () => {
    expect(() => rendered('# A\n\n<script>alert(1)</script>')).toThrow('HTML')
    expect(() => rendered('# A\n\n<b>bold</b> words')).toThrow('HTML')
    expect(() => rendered('[x](https://example.org)')).toThrow('expected another page')
    expect(() => rendered('![x](https://example.org/a.png)')).toThrow('expected a picture')
    expect(rendered('# A & `<b>`').parts.join('')).toContain('A &amp; <code>&lt;b&gt;</code>')
  })
  it('opens at the page for the current view', () => {
    const place = { room: null, dialog: null, judging: false }
    expect(pageFor(place)).toBe('first-project')
    expect(pageFor({ ...place, room: 'label' })).toBe('label')
    expect(pageFor({ ...place, room: 'label', judging: true })).toBe('propose')
    expect(pageFor({ ...place, room: 'train' })).toBe('tune')
    expect(pageFor({ ...place, room: 'merge' })).toBe('compare-and-merge')
    expect(pageFor({ ...place, room: 'train', dialog: 'export' })).toBe('terminal-and-formats')
  })
})
