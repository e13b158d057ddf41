/** What a model finds in many images, stored as proposals of the checkpoint. */
import { clipBox } from '#shared/geometry/box.ts'
import { userError } from '#shared/errors.ts'
import type { BoxTuple, Detection, Prompt, Segment } from '#shared/model/preview.ts'
import type { ProposeOptions, ProposeReport } from '#shared/model/propose.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { getMedia, hasMedia, imageContent, listLabels, type Project } from '../projects/index.ts'
import { find } from './encode.ts'
import { promptFor } from './index.ts'
import { type Control, type Found, type Image, imagesOf, overlapOf, proposals } from './storing.ts'

interface Plan {
  readonly prompt: Prompt
  /** Of each query, by its name: the label that it looks for, and what is kept of it with each proposal. */
  readonly labels: ReadonlyMap<string, { readonly label: string; readonly prompt: string }>
}

/** @throws a user error if there is nothing to look for, or an example has no label */
export function planOf(project: Project, { example, label, words, templates }: ProposeOptions): Plan {
  if (example) {
    if (label === undefined) throw userError(sentence('preview.example-label'))
    const { prompt } = promptFor(project, { example })
    const region = example.region ? ` [${example.region.map(Math.round).join(', ')}]` : ''
    return { prompt, labels: new Map([['example', { label, prompt: `${getMedia(project, example.mediaId).path}${region}` }]]) }
  }
  const { prompt, labelIds } = promptFor(project, { words, templates })
  const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
  const queries = 'classes' in prompt ? prompt.classes : []
  const about = (name: string, phrase: string | null | undefined) => ({
    label: names.get(labelIds.get(name) ?? 0) ?? name,
    prompt: phrase ?? name,
  })
  return { prompt, labels: new Map(queries.map(({ name, phrase }) => [name, about(name, phrase)])) }
}

/**
 * Looks for all of it in every image of the selection.
 * @throws a user error if the model cannot do the task or there is nothing to look for; nothing is stored then, or on cancelling
 */
export function propose(app: AppContext, project: Project, options: ProposeOptions, control: Control = {}): Promise<ProposeReport> {
  const plan = planOf(project, options)
  const { model, task, settings, regions } = options
  const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
  return proposals(
    project,
    imagesOf(project, options),
    model,
    async (image) => {
      const { file } = image
      const seen = await find(app, { kind: task, model, file, prompt: plan.prompt, settings, ...(regions ? { regions } : {}) })
      const found = seen.flatMap((f) => inImage(image, f, plan))
      if (!hasMedia(project, image.id)) return { found, known: 0 }
      const fresh = unknownOf(project, image.id, found, ids, options.known)
      return { found: fresh, known: found.length - fresh.length }
    },
    control,
  )
}

const boxOf = ([x, y, w, h]: BoxTuple) => ({ x, y, w, h })

/** Nothing, if it is wholly outside the image. */
function inImage({ width, height }: Image, found: Detection | Segment, plan: Plan): Found[] {
  const { label, prompt } = plan.labels.get(found.label)!
  const { score } = found
  if ('mask' in found) return [{ label, prompt, score, shape: { kind: 'mask', rle: found.mask } }]
  const box = clipBox(boxOf(found.box), width ?? Infinity, height ?? Infinity)
  return box ? [{ label, prompt, score, shape: { kind: 'box', ...box } }] : []
}

/** Those that do not overlap a region of their label by more than `most`. */
function unknownOf(project: Project, id: number, found: readonly Found[], ids: ReadonlyMap<string, number>, most: number): Found[] {
  const { regions } = imageContent(project, id)
  return found.filter((f) => !regions.some((r) => r.labelId === ids.get(f.label ?? '') && overlapOf(r, f.shape) > most))
}
