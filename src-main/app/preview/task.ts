import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { Model } from '../../engine/models/index.ts'

export interface PreviewRequest {
  readonly file: string
  readonly prompt: Prompt
  readonly settings: DetectionSettings
}

/** What `dashi preview` can ask a model for. */
export interface PreviewTask<Found extends { readonly label: string; readonly score: number } = { label: string; score: number }> {
  readonly id: string
  readonly order: number
  /** What it finds, for the command's help. */
  readonly finds: string
  /** What the model finds in an image, best first. @throws a user error if the model cannot do it */
  run(model: Model, request: PreviewRequest): Promise<readonly Found[]>
  /** Where it was found, in a few words. */
  place(found: Found): string
}

export const definePreviewTask = <Found extends { readonly label: string; readonly score: number }>(task: PreviewTask<Found>) =>
  task as unknown as PreviewTask
