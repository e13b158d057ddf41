/** Errors cross threads and processes as their parts. */
import { z } from 'zod'
import { DashiError, errorLine, faults } from '../errors.ts'

export const faultSchema = z.enum(faults).nullable()

/** `fault` null: the program's own, with its stack. */
export const failureSchema = z.object({ fault: faultSchema, message: z.string(), stack: z.string().optional() })
export type Failure = z.infer<typeof failureSchema>

export const failureOf = (e: unknown): Failure => ({
  fault: e instanceof DashiError ? e.fault : null,
  message: errorLine(e),
  stack: e instanceof Error ? e.stack : undefined,
})

export const errorOf = ({ fault, message, stack }: Failure): Error =>
  fault ? new DashiError(fault, message) : Object.assign(new Error(message), { stack })
