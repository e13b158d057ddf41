/** Rules of the house that no compiler knows. */
import { expect, it } from 'vitest'
import { sourceFiles, textOf } from './sources.ts'

/** Files that may be longer or wider, each with its reason. */
const exempt: Readonly<Record<string, string>> = {}

/** Until the last of them is mended they are only listed. */
const strict = false
const none = (found: readonly string[]) => (strict ? expect(found).toEqual([]) : found.length && console.warn(found.join('\n')))

const offenders = (problem: (text: string) => string | null) =>
  sourceFiles.flatMap((file) => {
    const found = file in exempt ? null : problem(textOf(file))
    return found === null ? [] : [`${file}: ${found}`]
  })

it('no source file is longer than 300 lines', () => {
  none(
    offenders((text) => {
      const lines = text.split('\n').length - 1
      return lines > 300 ? `${lines} lines` : null
    }),
  )
})

it('no line of source is wider than 140 characters', () => {
  none(
    offenders((text) => {
      const wide = text.split('\n').flatMap((line, i) => ([...line].length > 140 ? [i + 1] : []))
      return wide.length ? `line ${wide.join(', ')}` : null
    }),
  )
})

it('what is exempt is there', () => {
  expect(Object.keys(exempt).filter((file) => !sourceFiles.includes(file))).toEqual([])
})
