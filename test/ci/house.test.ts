/** Rules of the house that no compiler knows. */
import { expect, it } from 'vitest'
import { sourceFiles, textOf } from './sources.ts'

/** Files and folders that may be longer or wider, each with its reason. */
const exempt: Readonly<Record<string, string>> = {
  'src-shared/locales/': 'tables of texts for people: a text is a line, however long it is',
  'src-shared/sentences/': 'tables of texts for people: templates have to be one literal, by which their parameters are typed',
}
const isExempt = (file: string) => Object.keys(exempt).some((place) => file === place || (place.endsWith('/') && file.startsWith(place)))

const offenders = (problem: (text: string) => string | null) =>
  sourceFiles.flatMap((file) => {
    const found = isExempt(file) ? null : problem(textOf(file))
    return found === null ? [] : [`${file}: ${found}`]
  })

it('no source file is longer than 300 lines', () => {
  expect(
    offenders((text) => {
      const lines = text.split('\n').length - 1
      return lines > 300 ? `${lines} lines` : null
    }),
  ).toEqual([])
})

it('no line of source is wider than 140 characters', () => {
  expect(
    offenders((text) => {
      const wide = text.split('\n').flatMap((line, i) => ([...line].length > 140 ? [i + 1] : []))
      return wide.length ? `line ${wide.join(', ')}` : null
    }),
  ).toEqual([])
})

it('what is exempt is there', () => {
  expect(Object.keys(exempt).filter((place) => !sourceFiles.some((file) => file === place || file.startsWith(place)))).toEqual([])
})
