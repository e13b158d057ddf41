/** Errors are sent between threads and processes as plain data. */
import { z } from 'zod'
import { DashiError, errorLine, faults } from '../errors.ts'
import { sentenceSchema } from '../sentences/table.ts'

export const faultSchema = z.enum(faults).nullable()

/** `fault` null: a bug, with its stack. `sentence`: the message in translatable form. */
export const failureSchema = z.object({
  fault: faultSchema,
  message: z.string(),
  sentence: sentenceSchema.optional(),
  stack: z.string().optional(),
})
export type Failure = z.infer<typeof failureSchema>

export const failureOf = (e: unknown): Failure => ({
  fault: e instanceof DashiError ? e.fault : null,
  message: errorLine(e),
  sentence: e instanceof DashiError ? e.sentence : undefined,
  stack: e instanceof Error ? e.stack : undefined,
})

export const errorOf = ({ fault, message, sentence, stack }: Failure): Error =>
  fault ? new DashiError(fault, sentence ?? message) : Object.assign(new Error(message), { stack })
