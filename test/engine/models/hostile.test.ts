import path from 'node:path'
import { expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { HOSTILE, makeHostile } from '../../helpers/hostile-models.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const dir = temporaryFolder()

test.each(Object.entries(HOSTILE))('%s is one line', async (kind, { says }) => {
  const folder = makeHostile(path.join(dir, kind), kind)
  const error = await openModel(folder).then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(DashiError)
  const { message, fault } = error as DashiError
  expect(fault).toBe('data')
  expect(message).toMatch(says)
  expect(message.startsWith(folder)).toBe(true)
  expect(message).not.toContain('\n')
  expect(message.length).toBeLessThan(folder.length + 400)
})
