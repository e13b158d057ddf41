import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { Model } from '../../engine/models/index.ts'

/** A model that is ready to be asked. */
interface Finder<Found> {
  /** What it finds in an image, best first. */
  find(file: string, prompt: Prompt, settings: DetectionSettings): Promise<readonly Found[]>
  release(): Promise<void>
}

/** What `dashi preview` can ask a model for. */
export interface PreviewTask<Found extends { readonly label: string; readonly score: number } = { label: string; score: number }> {
  readonly id: 'detect' | 'segment'
  readonly order: number
  /** What it finds, for the command's help. */
  readonly finds: string
  /** @throws a user error if the model cannot do it */
  open(model: Model): Finder<Found>
  /** The same with a second model that says where something is. @throws a user error if one of them cannot do its part */
  openPair(model: Model, regions: Model): Finder<Found>
  /** Where it was found, in a few words. */
  place(found: Found): string
}

export const definePreviewTask = <Found extends { readonly label: string; readonly score: number }>(task: PreviewTask<Found>) =>
  task as unknown as PreviewTask

/** A model, or two of which the second says where something is, ready to be asked. */
export const finderOf = (task: PreviewTask, model: Model, regions: Model | undefined): Finder<{ label: string; score: number }> =>
  regions ? task.openPair(model, regions) : task.open(model)

/** Asks a model once. */
export async function findOnce<Found extends { readonly label: string; readonly score: number }>(
  finder: Finder<Found>,
  ...asked: Parameters<Finder<Found>['find']>
): Promise<readonly Found[]> {
  try {
    return await finder.find(...asked)
  } finally {
    await finder.release()
  }
}
