/** Surveys a folder opened for the first time: what it contains and what can be set up at once. */
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FormatName } from '#shared/model/exchange.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { FolderSurvey, SetUpOptions, SetUpReport } from '#shared/model/survey.ts'
import { say } from '#shared/sentences/table.ts'
import { noCounts } from '../../db/ingest.ts'
import { grouped } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { addRecords } from '../projects/index.ts'
import { removeMedia } from '../annotations/images.ts'
import { unreadableBelow } from '../media/files.ts'
import { classLayout, setNameOf, unlabelledFolders } from './class-folders.ts'
import { detectFolder } from './detect.ts'
import { decodeName } from './formats/folders.ts'
import { importInto, ownBesides } from './import.ts'
import type { RunOptions } from './progress.ts'
import { isImage, Tree } from './tree.ts'
import { leftIn } from './unread.ts'

const mostClasses = 200
const usualOrder = ['train', 'val', 'test']

/** The class and split of each image by its folders; `notes` says which folders are neither. */
function layoutOf(tree: Tree, notes: string[]): Map<string, { label: string | null; split: string | null }> {
  const images = [...tree.files('')].filter(isImage)
  const placeOf = classLayout(images, setNameOf(tree.root), false, (note) => notes.push(say(note)))
  return new Map(
    images.map((file) => {
      const { folder, split } = placeOf(file)
      const name = folder === null ? null : decodeName(folder)
      return [file, { label: name !== null && !unlabelledFolders.has(name) ? name : null, split }]
    }),
  )
}

const treeOf = (project: Project, folder: string) => new Tree(path.resolve(folder), false, ownBesides(project, folder) ?? [])

export function surveyFolder(project: Project, folder: string): FolderSurvey {
  const tree = treeOf(project, folder)
  const notes: string[] = []
  const layout = layoutOf(tree, notes)
  const classes = new Map<string, number>()
  const splits = new Map<string, number>()
  const add = (map: Map<string, number>, name: string | null) => name !== null && map.set(name, (map.get(name) ?? 0) + 1)
  for (const { label, split } of layout.values()) {
    add(classes, label)
    add(splits, split)
  }
  const whole = detectFolder(path.resolve(folder), ownBesides(project, folder) ?? [])
  const left = leftIn(tree)
  const readers = new Map<FormatName, { files: number; example: string }>()
  for (const u of left.unread) {
    if (!u.reader || !u.likely) continue
    const known = readers.get(u.reader)
    if (known) known.files += u.files
    else readers.set(u.reader, { files: u.files, example: u.file })
  }
  const main = whole === null || whole === 'folders' || whole === 'dashi' ? null : whole
  if (main && !readers.has(main)) readers.set(main, { files: 1, example: '' })
  const meant = (format: FormatName) => format === main || (format === 'captions' && main === null)
  const bySize = [...classes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return {
    folder: path.resolve(folder),
    images: layout.size,
    classes: bySize.slice(0, mostClasses).map(([name, images]) => ({ name, images })),
    classCount: classes.size,
    inClasses: bySize.reduce((n, [, images]) => n + images, 0),
    splits: [...splits].sort((a, b) => usualOrder.indexOf(a[0]) - usualOrder.indexOf(b[0])).map(([name, images]) => ({ name, images })),
    annotations: [...readers]
      .map(([format, { files, example }]) => ({ format, files, example, meant: meant(format) }))
      .sort((a, b) => Number(b.meant) - Number(a.meant) || b.files - a.files),
    byFolders: main === null || main === 'captions',
    skipped: left.skipped,
    notes,
  }
}

/** Images per transaction, and the pause (ms) between transactions for other writers. */
const [batch, rest] = [500, 10]

/** Takes labels and splits from folder names and annotations from files, as one undo step. */
export async function setUp(
  project: Project,
  { folder, labels, splits, formats, leaveOut = false }: SetUpOptions,
  { signal, onProgress }: Omit<RunOptions, 'onProgress'> & { onProgress?: (progress: StepProgress) => void } = {},
): Promise<SetUpReport> {
  const root = path.resolve(folder)
  const report: SetUpReport = { images: 0, counts: noCounts(), labelled: 0, divided: 0, findings: 0 }
  const count = (more: SetUpReport['counts']) => {
    for (const k of Object.keys(more) as (keyof typeof more)[]) report.counts[k] += more[k]
  }
  await grouped(project.db, project.user, async () => {
    if (labels || splits) {
      const records: ImageRecord[] = []
      for (const [fileName, { label, split }] of layoutOf(treeOf(project, root), [])) {
        const own: ImageRecord = {
          fileName,
          ...(labels && label !== null ? { labels: [{ label }] } : {}),
          ...(splits && split !== null ? { split } : {}),
        }
        if (own.labels) report.labelled++
        if (own.split) report.divided++
        if (own.labels || own.split) records.push(own)
      }
      for (let at = 0; at < records.length; at += batch) {
        signal?.throwIfAborted()
        report.images = records.length
        count(addRecords(project, records.slice(at, at + batch), { root, action: 'labels of folders' }))
        onProgress?.({ phase: 'labelling', done: Math.min(records.length, at + batch), total: records.length })
        await pause(rest)
      }
    }
    for (const format of formats) {
      const taken = await importInto(project, root, {
        format,
        action: 'import',
        sharing: true,
        ...(signal && { signal }),
        ...(onProgress && { onProgress: (p: StepProgress) => onProgress({ ...p, part: format }) }),
      })
      count(taken.counts)
      report.images = Math.max(report.images, taken.counts.added + taken.counts.merged)
      report.findings += taken.changed + taken.leftOut
    }
    const unreadable = leaveOut ? unreadableBelow(project, root) : []
    if (unreadable.length)
      removeMedia(
        project,
        unreadable.map((m) => m.id),
      )
  })
  return report
}
