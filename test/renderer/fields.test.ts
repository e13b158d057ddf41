/** Number fields take what was typed, or say why not; nothing becomes another number in silence. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { slurmSettings } from '../../src-shared/model/slurm.ts'
import { recipeRecord } from '../../src-main/engine/recipes/recipes.ts'
import { fieldsOf, numberProblem, readNumber } from '../../src-renderer/schema-fields.ts'

const fields = fieldsOf(z.toJSONSchema(recipeRecord('lp-ft').settings, { io: 'input' }))
const field = (name: string) => fields.find((f) => f.name === name)!

describe('a field', () => {
  it('of a text that may be long has a line of its own; one of a word has not', () => {
    const ofSlurm = fieldsOf(z.toJSONSchema(slurmSettings, { io: 'input' }))
    const long = (name: string) => ofSlurm.find((f) => f.name === name)?.long
    expect(long('options')).toBe(true)
    expect(long('partition')).toBeUndefined()
  })
  it.each([
    ['-5', -5],
    ['−5', -5],
    ['1e-4', 1e-4],
    [' 0.003 ', 0.003],
    ['', null],
    ['abc', 'abc'],
    ['1,5', '1,5'],
    ['1e999', '1e999'],
  ])('reads %s as it was typed', (text, value) => {
    expect(readNumber(text)).toBe(value)
  })
  it.each([
    ['lr', '-5', 'above'],
    ['lr', '0', 'above'],
    ['lr', '11', 'most'],
    ['lr', '0.001', null],
    ['lr', '', null],
    ['lr', 'fast', 'number'],
    ['epochs', '2.5', 'whole'],
    ['epochs', '0', 'least'],
    ['epochs', '20000', 'most'],
    ['warmup', '1.5', 'most'],
    ['weightDecay', '-0.1', 'least'],
    ['cMin', '-1', 'above'],
  ])('%s answers "%s" with %s', (name, text, kind) => {
    expect(numberProblem(text, field(name))?.kind ?? null).toBe(kind)
  })
})
