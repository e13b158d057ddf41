import path from 'node:path'
import { type SplitOptions, type SplitReport, splitOptions } from '#shared/model/curation.ts'
import { userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type DividedRow, dividedRows, labelsByImage } from '../../db/curated.ts'
import { allTags } from '../../db/image-labels.ts'
import { labelNames } from '../../db/labels.ts'
import { stratify, UnionFind, type Unit } from '../../engine/curation/index.ts'
import { assignSplits } from '../annotations/index.ts'
import type { Project } from '../projects/index.ts'
import { breathe, type Control, checkpointOf } from './control.ts'
import { type Found, keepResult, keptResult } from './store.ts'

type Parsed = ReturnType<typeof splitOptions.parse>

/**
 * Proposes a division into splits with the given fractions, stratified by label, without separating groups. Changes
 * nothing; `applySplit` applies it.
 */
export async function proposeSplit(project: Project, options: SplitOptions, control: Control = {}): Promise<Found<'split'>> {
  const parsed = splitOptions.safeParse(options)
  if (!parsed.success) throw userError(sentence('in-field', { field: 'split', problem: issueSentence(parsed.error) }))
  const o = parsed.data
  const check = checkpointOf(control)
  const tell = (done: number) => control.onProgress?.({ phase: 'dividing', done, total: 4 })
  const names = Object.keys(o.shares)
  const labels = labelsByImage(project.db)
  tell(1)
  await breathe()
  check()
  const all = dividedRows(project.db)
  // With `keepAssigned`, images in other splits (e.g. ood) stay there and do not count.
  const elsewhere = (image: DividedRow) => o.keepAssigned && image.split !== null && !names.includes(image.split)
  const images = all.filter((image) => !o.labelledOnly || labels.has(image.id) || elsewhere(image))
  if (!images.some((i) => !elsewhere(i))) throw userError(sentence('split.no-images', { folder: project.folder }))
  const groups = groupsOf(project, images, o)
  tell(2)
  await breathe()
  check()
  const { assigned, divided } = divide(images, groups, labels, names, o, elsewhere)
  tell(3)
  await breathe()
  check()
  const report = describe(project, images, assigned, groups, labels, o)
  tell(4)
  const details: Record<string, number[]> = {}
  images.forEach((image, i) => {
    const split = assigned[i]!
    if (split !== image.split) (details[split] ??= []).push(image.id)
  })
  return { summary: { ...report, unmet: [...divided, ...report.unmet] }, details }
}

/** Groups of indices of images that must stay together; every image is in exactly one group. */
function groupsOf(project: Project, images: readonly DividedRow[], o: Parsed): number[][] {
  const joined = new UnionFind(images.length)
  const first = new Map<string, number>()
  const together = (key: string, i: number) => {
    const known = first.get(key)
    if (known === undefined) first.set(key, i)
    else joined.union(known, i)
  }
  images.forEach((image, i) => {
    if (o.duplicates && image.duplicates !== null) together(`group ${image.duplicates}`, i)
    if (o.duplicates && image.hash !== null) together(`bytes ${image.hash}`, i)
    if (o.groupBy === 'folder') together(`folder ${image.root} ${path.posix.dirname(image.path)}`, i)
  })
  if (o.groupBy === 'tag') {
    const at = new Map(images.map((image, i) => [image.id, i]))
    for (const { image, tag } of allTags(project.db)) {
      const i = at.get(image)
      if (i !== undefined && tag.startsWith(o.tagPrefix)) together(`tag ${tag}`, i)
    }
  }
  const grouped = joined.groups()
  const alone = new Set(grouped.flat())
  return [...grouped, ...images.flatMap((_, i) => (alone.has(i) ? [] : [[i]]))]
}

/** The split of each image. A group already divided between splits that must be kept stays divided. */
function divide(
  images: readonly DividedRow[],
  groups: readonly number[][],
  labels: ReadonlyMap<number, number[]>,
  names: readonly string[],
  o: Parsed,
  elsewhere: (image: DividedRow) => boolean,
) {
  const assigned: string[] = []
  const divided: SplitReport['unmet'] = []
  const units: Unit[] = []
  const unitGroups: number[][] = []
  const fixed = new Map<number, number>()
  for (const group of groups) {
    const before = o.keepAssigned ? counted(group.flatMap((i) => images[i]!.split ?? [])) : new Map<string, number>()
    if (before.size > 1) divided.push({ kind: 'group-divided', images: group.length, splits: [...before.keys()] })
    const most = [...before].reduce<[string, number] | null>((best, entry) => (best && best[1] >= entry[1] ? best : entry), null)?.[0]
    // Images with a split keep it; the others follow the majority of their group.
    const parts = new Map<string | null, number[]>()
    for (const i of group) {
      const split = (o.keepAssigned ? images[i]!.split : null) ?? most ?? null
      parts.set(split, [...(parts.get(split) ?? []), i])
    }
    for (const [split, members] of parts) {
      if (split !== null) for (const i of members) assigned[i] = split
      if (split !== null && !names.includes(split)) continue
      if (split !== null) fixed.set(units.length, names.indexOf(split))
      units.push({
        size: members.length,
        labels: o.stratify ? counted(members.flatMap((i) => labels.get(images[i]!.id) ?? [])) : new Map(),
      })
      unitGroups.push(members)
    }
  }
  const splits = stratify(
    units,
    names.map((n) => o.shares[n]!),
    { seed: o.seed, fixed },
  )
  unitGroups.forEach((members, u) => members.forEach((i) => (assigned[i] = elsewhere(images[i]!) ? images[i]!.split! : names[splits[u]!]!)))
  return { assigned, divided }
}

const counted = <T>(values: readonly T[]): Map<T, number> => {
  const counts = new Map<T, number>()
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1)
  return counts
}

/** Larger deviations from the requested fractions are reported. */
const tolerance = 0.01

function describe(
  project: Project,
  images: readonly DividedRow[],
  assigned: readonly string[],
  groups: readonly number[][],
  labels: ReadonlyMap<number, number[]>,
  o: Parsed,
): SplitReport {
  const names = Object.keys(o.shares)
  const at = new Map(names.map((name, s) => [name, s]))
  const sizes = names.map(() => 0)
  const counts = new Map<number, number[]>()
  let changes = 0
  images.forEach((image, i) => {
    const s = at.get(assigned[i]!)
    if (assigned[i] !== image.split) changes++
    if (s === undefined) return
    sizes[s]!++
    for (const label of labels.get(image.id) ?? []) {
      if (!counts.has(label))
        counts.set(
          label,
          names.map(() => 0),
        )
      counts.get(label)![s]!++
    }
  })
  const total = sizes.reduce((a, b) => a + b, 0)
  const splits = names.map((name, s) => ({ name, wanted: o.shares[name]!, share: total ? sizes[s]! / total : 0, images: sizes[s]! }))
  const labelName = labelNames(project.db)
  const rows = [...counts]
    .map(([labelId, own]) => ({
      labelId,
      name: labelName.get(labelId) ?? String(labelId),
      images: own.reduce((a, b) => a + b, 0),
      counts: own,
    }))
    .sort((a, b) => a.images - b.images || a.labelId - b.labelId)
  const several = groups.filter((g) => g.length > 1)
  return {
    images: total,
    splits,
    labels: rows,
    groups: { count: several.length, largest: several.reduce((most, g) => Math.max(most, g.length), 0) },
    changes,
    unmet: [
      ...(o.stratify ? rows.filter((r) => r.counts.includes(0)) : []).map(({ labelId, name, images: n, counts: own }) => ({
        kind: 'label-missing' as const,
        labelId,
        name,
        images: n,
        splits: names.filter((_, s) => !own[s]),
      })),
      ...splits
        .filter((s) => Math.abs(s.share - s.wanted) > tolerance)
        .map((s) => ({ kind: 'share' as const, split: s.name, wanted: s.wanted, share: s.share })),
    ],
  }
}

/** Applies a division as one edit. @returns the number of images whose split changed */
export function applyDivision(project: Project, details: Found<'split'>['details']): number {
  const splits = new Map(Object.entries(details).flatMap(([split, ids]) => ids.map((id) => [id, split] as const)))
  if (splits.size) assignSplits(project, splits)
  return splits.size
}

/**
 * Applies the latest proposal. Refused if images, labels or splits have changed since. @returns the number of changed
 * images
 */
export function applySplit(project: Project): number {
  const kept = keptResult(project, 'split')
  if (!kept) throw userError(sentence('split.not-proposed'))
  if (kept.info.stale) throw userError(sentence('split.stale'))
  if (kept.summary.changes === 0) return 0
  const changed = applyDivision(project, kept.details)
  // The proposal now equals the current state: it stays valid, without changes, until the next edit.
  keepResult(project, 'split', { summary: { ...kept.summary, changes: 0 }, details: kept.details }, kept.info.seconds)
  return changed
}
