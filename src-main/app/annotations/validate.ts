import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { shapeProblem } from '#shared/geometry/shape.ts'
import type { Shape } from '#shared/model/shape.ts'
import { imageSize } from '../../db/images.ts'
import type { Project } from '../projects/project.ts'

/** Parses a caller's input by the schema. @throws userError naming the field */
export function valid<S extends z.ZodType>(schema: S, what: string, given: unknown): z.infer<S> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  throw userError(sentence('in-field', { field: what, problem: issueSentence(parsed.error) }))
}

/** Throws if the shape cannot belong to the image: a mask of another size, or a coordinate far outside. */
export function checkShape({ db }: Project, mediaId: number, shape: Shape | undefined): void {
  const size = shape && imageSize(db, mediaId)
  const problem = size && shapeProblem(shape, size)
  if (problem) throw userError(sentence('in-file', { file: size.path, problem: inField('shape', problem) }))
}
