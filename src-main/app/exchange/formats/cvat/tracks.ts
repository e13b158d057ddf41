/**
 * CVAT XML 1.1 for videos, as frames: a track's shapes at its key frames and interpolated between them. docs.cvat.ai
 * "CVAT for videos", cvat-ai/cvat annotation.py TrackManager.
 */
import path from 'node:path'
import { between } from '#shared/geometry/interpolate.ts'
import type { Attributes } from '#shared/model/region.ts'
import { trackAttributes } from '#shared/model/sequence.ts'
import type { Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../../findings.ts'
import type { Draft, DraftLabel, DraftRegion, Source } from '../../draft.ts'
import { skeletonOfSvg } from './skeleton.ts'
import { groupAttribute } from '../../shapes.ts'
import { findImage, type Found, isImage, join, stemOf } from '../../tree.ts'
import { child, childText, numberOf, type XmlElement, xmlElements } from '../../xml.ts'
import { attributesOf, shapeOf } from './shapes.ts'

export const isVideo = (head: string) =>
  /<mode>\s*interpolation\s*<\/mode>/.test(head) || (/<track[\s>]/.test(head) && !/<image[\s>]/.test(head))

/** Longer than any real gap between key frames, in frames. */
const longestGap = 100_000

interface Task {
  size: number
  width?: number | undefined
  height?: number | undefined
  labels: DraftLabel[]
  /** Frame names as written by our own export. */
  frames: string[]
}

interface Moment {
  frame: number
  outside: boolean
  keyframe: boolean
  region: DraftRegion
}

export function* readTracks(source: Source, file: string): Generator<Draft> {
  const { tree, findings } = source
  let task: Task = { size: NaN, labels: [], frames: [] }
  const frames = new Map<number, DraftRegion[]>()
  for (const e of xmlElements(tree.absolute(file), new Set(['meta', 'track']))) {
    if (e.name === 'meta') {
      task = taskOf(e)
      source.declareLabels(task.labels)
      continue
    }
    for (const { frame, region } of framesOf(momentsOf(source, file, e, task), e, file, findings))
      frames.set(frame, [...(frames.get(frame) ?? []), region])
  }
  const find = finder(source, file, task, Math.max(0, ...frames.keys()))
  // Named frames become images even if nothing is visible on them.
  task.frames.forEach((_, frame) => frames.has(frame) || frames.set(frame, []))
  for (const [frame, regions] of [...frames].sort(([a], [b]) => a - b)) {
    const { width, height } = task
    yield { image: find(frame), where: { file, line: regions[0]?.line }, size: { width, height }, regions }
  }
}

/** The task's size and labels are in <task>, <job> or <project>. */
function taskOf(meta: XmlElement): Task {
  const holder = child(meta, 'task') ?? child(meta, 'job') ?? child(meta, 'project') ?? meta
  const size = child(holder, 'original_size') ?? child(meta, 'original_size')
  const labels = child(holder, 'labels')?.children ?? []
  const whole = (n: number) => (Number.isInteger(n) && n > 0 ? n : undefined)
  return {
    size: numberOf(childText(holder, 'size')),
    width: whole(numberOf(childText(size, 'width'))),
    height: whole(numberOf(childText(size, 'height'))),
    frames: (child(meta, 'dashi')?.children ?? []).flatMap((f) => f.attributes['name'] ?? []),
    // A skeleton's parts are labels with a parent.
    labels: labels
      .filter((l) => childText(l, 'name') && !childText(l, 'parent'))
      .map((l) => {
        const name = childText(l, 'name')!
        const parts = labels.filter((p) => childText(p, 'parent') === name).flatMap((p) => childText(p, 'name') ?? [])
        return { name, skeleton: skeletonOfSvg(childText(l, 'svg') ?? '', parts) }
      }),
  }
}

function momentsOf({ findings }: Source, file: string, track: XmlElement, { width = NaN, height = NaN }: Task): Moment[] {
  const { label, id, group_id } = track.attributes
  const moments: Moment[] = []
  let before: Attributes = {}
  for (const e of [...track.children].sort((a, b) => Number(a.attributes['frame']) - Number(b.attributes['frame']))) {
    const frame = numberOf(e.attributes['frame'])
    if (e.name === 'attribute') continue
    try {
      if (!Number.isInteger(frame) || frame < 0) throw new Unfit(sentence('finding.frame-number', { frame: String(e.attributes['frame']) }))
      const { shape } = shapeOf(e, { width, height })
      // Attributes that a key frame omits keep their previous values.
      const { occluded, ...own } = attributesOf(e)
      before = { ...before, ...own }
      const keyframe = e.attributes['keyframe'] !== '0'
      const told = Number.isInteger(Number(id)) ? Number(id) : (id ?? '')
      const z = Number(e.attributes['z_order'] ?? 0)
      const attributes: Attributes = {
        ...before,
        ...(occluded === undefined ? {} : { occluded }),
        ...(track.attributes['untracked'] === '1' ? {} : { track_id: told, keyframe }),
        ...(group_id && group_id !== '0' ? { [groupAttribute]: Number(group_id) } : {}),
      }
      moments.push({
        frame,
        keyframe,
        outside: e.attributes['outside'] === '1',
        region: { label: label || null, shape, line: e.line, attributes, ...(Number.isInteger(z) && z ? { z } : {}) },
      })
    } catch (problem) {
      findings.leave({ file, line: e.line }, sentence('finding.of-track', { id: id ?? '', element: e.name, problem: reasonFor(problem) }))
    }
  }
  return moments
}

/** All frames on which a track is visible; a track ends at the last frame before it is outside. */
function* framesOf(
  moments: readonly Moment[],
  track: XmlElement,
  file: string,
  findings: Source['findings'],
): Generator<{ frame: number; region: DraftRegion }> {
  for (const [i, m] of moments.entries()) {
    if (m.outside) continue
    const next = moments[i + 1]
    const gap = next ? next.frame - m.frame : 0
    const ending = (frame: number) => next?.outside === true && frame === next.frame - 1
    yield { frame: m.frame, region: ending(m.frame) ? ended(m.region) : m.region }
    if (!next || gap <= 1) continue
    if (gap > longestGap) {
      findings.leave({ file, line: next.region.line }, sentence('finding.track-gap', { id: track.attributes['id'] ?? '', n: gap }))
      continue
    }
    const [a, b] = [m.region.shape, next.region.shape]
    if (!isBox(a) || !isBox(b)) findings.note(sentence('note.tracks-interpolated', { file }))
    const shapeAt = between(a, b)
    for (let frame = m.frame + 1; frame < next.frame; frame++) {
      const region = { ...m.region, shape: shapeAt((frame - m.frame) / gap), attributes: { ...m.region.attributes, keyframe: false } }
      yield { frame, region: ending(frame) ? ended(region) : region }
    }
  }
}

const ended = (region: DraftRegion): DraftRegion =>
  region.attributes?.[trackAttributes.id] === undefined
    ? region
    : {
        ...region,
        attributes: { ...region.attributes, [trackAttributes.key]: true, [trackAttributes.end]: true },
      }
const isBox = (s: Shape) => s.kind === 'box' || s.kind === 'rotated-box'

/** Finds frames by CVAT's export names (frame_000012.png, any number format), or the task's images by order. */
function finder({ images }: Source, file: string, { size, frames }: Task, last: number): (frame: number) => Found {
  const beside = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const folders = [
    ...new Set(['', 'images', 'frames', 'data', 'obj_train_data', stemOf(path.posix.basename(file))].flatMap((f) => [join(beside, f), f])),
  ].filter((f) => images.isFolder(f))
  const names = (frame: number) =>
    [6, 1, 2, 3, 4, 5, 7, 8, 9, 10]
      .map((n) => String(frame).padStart(n, '0'))
      .flatMap((n) => [`frame_${n}`, `frame${n}`, `frame-${n}`, n, `image_${n}`, `img_${n}`])
  const named = (frame: number) => folders.flatMap((f) => names(frame).flatMap((n) => images.imagesByStem(f, n)))[0]
  const ordered =
    folders
      .map((f) =>
        images
          .names(f)
          .filter(isImage)
          .map((n) => join(f, n)),
      )
      .find((list) => list.length === size || list.length > last) ?? []
  // If names do not count from 0, images match by order, provided there are as many images as frames.
  const byName = named(0) !== undefined || (named(last) !== undefined && ordered.length !== size)
  return (frame) => {
    const own = frames[frame] === undefined ? null : findImage(images, frames[frame], ['', 'images'])
    if (own) return own
    const found = named(frame) ?? (byName ? undefined : ordered[frame])
    return found === undefined
      ? { path: join(folders.includes('images') ? 'images' : '', `frame_${String(frame).padStart(6, '0')}.png`), exists: false }
      : { path: found, exists: true }
  }
}
