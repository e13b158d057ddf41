/**
 * The single contract between the application and its user interfaces: methods, each a pair of schemas, and events.
 * All transports carry the same messages (see `contract/rpc.ts`); large binary data is fetched by URL (see
 * `contract/urls.ts`).
 */
import type { z } from 'zod'
import { agreementMethods } from './contract/agreement.ts'
import { aidMethods } from './contract/aids.ts'
import { annotationEvents, annotationMethods } from './contract/annotations.ts'
import { appEvents, appMethods } from './contract/app.ts'
import { curationMethods } from './contract/curation.ts'
import { deviceMethods } from './contract/devices.ts'
import { evaluationMethods } from './contract/evaluation.ts'
import { exchangeMethods } from './contract/exchange.ts'
import { mediaMethods } from './contract/media.ts'
import { mergingMethods } from './contract/merging.ts'
import { modelMethods } from './contract/models.ts'
import { nextMethods } from './contract/next.ts'
import { previewMethods } from './contract/preview.ts'
import { projectEvents, projectMethods } from './contract/projects.ts'
import { promptMethods } from './contract/prompts.ts'
import { runsMethods } from './contract/runs.ts'
import { reviewMethods } from './contract/review.ts'
import { sweepMethods } from './contract/sweeps.ts'
import { trackMethods } from './contract/tracks.ts'
import { trainingEvents, trainingMethods } from './contract/training.ts'

export const methods = {
  ...appMethods,
  ...projectMethods,
  ...mediaMethods,
  ...annotationMethods,
  ...aidMethods,
  ...exchangeMethods,
  ...curationMethods,
  ...agreementMethods,
  ...reviewMethods,
  ...modelMethods,
  ...previewMethods,
  ...promptMethods,
  ...deviceMethods,
  ...trainingMethods,
  ...runsMethods,
  ...sweepMethods,
  ...evaluationMethods,
  ...nextMethods,
  ...mergingMethods,
  ...trackMethods,
}
export const events = { ...appEvents, ...projectEvents, ...annotationEvents, ...trainingEvents }

export type MethodName = keyof typeof methods
/** A method's input as given by the caller: fields with defaults are optional. */
export type Input<M extends MethodName> = z.input<(typeof methods)[M]['input']>
/** A method's input as received by the handler, with defaults filled in. */
export type Parsed<M extends MethodName> = z.output<(typeof methods)[M]['input']>
export type Output<M extends MethodName> = z.output<(typeof methods)[M]['output']>
export type EventName = keyof typeof events
export type EventData<E extends EventName> = z.output<(typeof events)[E]>

export const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name)
export const isEvent = (name: string): name is EventName => Object.hasOwn(events, name)
