/**
 * A very large project's metadata: `npm run bench -- scale [--images N]`, five regions an image (100,000 images unless told; a million are
 * what the figures of the README are of). What a window asks for as it opens and filters, and the memory of who answers.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageRecord } from '#shared/model/record.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { mediaFacets } from '../../src-main/app/media/facets.ts'
import { idsInOrder, mediaRows } from '../../src-main/app/media/rows.ts'
import { addRecords, createProject, labelCounts, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { setFileStates } from '../../src-main/db/media-file.ts'

const names = Array.from({ length: 80 }, (_, i) => `class ${i}`)

function* records(images: number): Generator<ImageRecord> {
  for (let i = 0; i < images; i++)
    yield {
      fileName: `set ${i % 13}/folder ${i % 97}/image-${String(i).padStart(7, '0')}.jpg`,
      width: 640,
      height: 480,
      contentHash: (i % 5000 === 1 ? i - 1 : i).toString(16).padStart(64, '0'),
      split: i % 10 === 0 ? 'val' : i % 50 === 3 ? undefined : 'train',
      regions: Array.from({ length: 5 }, (_, k) => ({
        label: names[(i * 7 + k * 13) % names.length]!,
        shape: { kind: 'box' as const, x: i % 500, y: i % 400, w: 20 + k, h: 31 },
        ...(k === 4 && i % 5 === 0
          ? { author: { kind: 'checkpoint' as const, checkpoint: `run-${i % 3}`, score: ((i * 37) % 1000) / 1000 } }
          : {}),
      })),
      captions:
        i % 4 ? [] : [{ text: `a ${['dog', 'street', 'umbrella', 'zebra'][(i / 4) % 4]} near a kitchen, number ${i}`, language: 'en' }],
      tags: i % 40 ? [] : [`batch ${i % 7}`],
    }
}

const filters = (images: number): Record<string, MediaFilter> => ({
  none: {},
  label: { labelIds: [3] },
  'two labels': { labelIds: [3, 40] },
  'label and split': { labelIds: [5], split: 'val' },
  split: { split: 'val' },
  'no split': { split: null },
  'a split that is empty': { split: 'test' },
  person: { author: { kind: 'person' } },
  checkpoint: { author: { kind: 'checkpoint', name: 'run-1' } },
  'score up to a half': { score: { max: 0.5 } },
  'rare score': { score: { min: 0.9985 } },
  proposals: { state: 'proposed' },
  'proposals of a label': { labelIds: [7], state: 'proposed' },
  tag: { tag: 'batch 3' },
  'frequent word': { captionText: 'umbrella' },
  'rare words': { captionText: `number ${images >> 1}` },
  'two letters': { captionText: 'zq' },
  'exact duplicates': { duplicates: 'exact' },
  'near duplicates': { duplicates: 'near' },
  unlabelled: { unlabelled: true },
  labelled: { unlabelled: false },
  'not reviewed': { review: 'unreviewed' },
  approved: { review: 'approved' },
  path: { pathText: 'image-00024' },
  'path that none has': { pathText: 'nowhere' },
  unreadable: { unreadable: true },
  readable: { unreadable: false },
  folder: { folder: { rootId: 1, path: 'set 3' } },
  'small folder': { folder: { rootId: 1, path: 'set 3/folder 5' } },
  'folder, label and split': { folder: { rootId: 1, path: 'set 3' }, labelIds: [9], split: 'train' },
})

const page = 1000

function makeLarge(folder: string, images: number): void {
  const made = createProject(folder, { name: 'large' })
  addRecords(made, records(images), { batch: 50_000 })
  setFileStates(
    made.db,
    Array.from({ length: images }, (_, i) => ({
      mediaId: i + 1,
      stamp: '1 1',
      problem: i % 1000 === 7 ? 'truncated or damaged JPEG' : null,
    })),
  )
  made.close()
}

/** @param keep a folder to leave the project in, and to find it in the next time; otherwise it is made for this once */
export async function scaleBench(images = 100_000, keep?: string): Promise<Record<string, number>> {
  const dir = keep ?? mkdtempSync(join(tmpdir(), 'dashi-scale-'))
  const figures: Record<string, number> = { 'load (1 min)': loadavg()[0]! }
  const time = <T>(name: string, body: () => T): T => {
    const [from, spent] = [performance.now(), process.cpuUsage()]
    const result = body()
    figures[`${name} (ms)`] = Math.round(10 * (performance.now() - from)) / 10
    // Other work on the machine lengthens the one and not the other.
    const { user, system } = process.cpuUsage(spent)
    figures[`${name} (processor, ms)`] = Math.round((user + system) / 100) / 10
    return result
  }
  let project: Project | undefined
  try {
    const folder = join(dir, 'large')
    if (!existsSync(folder)) {
      const from = performance.now()
      makeLarge(folder, images)
      figures['made (s)'] = Math.round((performance.now() - from) / 1000)
    }
    const p = (project = time('open', () => openProject(folder)))
    time('info', () => projectInfo(p))
    const wanted = filters(images)
    time('labels with their counts', () => labelCounts(p))
    const worst = { page: 0, counts: 0, pageProcessor: 0, countsProcessor: 0 }
    for (const [name, filter] of Object.entries(wanted)) {
      const ids = time(`first page: ${name}`, () => {
        const first = idsInOrder(p, filter, { by: 'id', descending: false }, page).ids
        mediaRows(p, first.slice(0, 200))
        return first
      })
      figures[`first page: ${name} (images)`] = ids.length
      worst.page = Math.max(worst.page, figures[`first page: ${name} (ms)`]!)
      worst.pageProcessor = Math.max(worst.pageProcessor, figures[`first page: ${name} (processor, ms)`]!)
      time(`counts: ${name}`, () => mediaFacets(p, filter))
      worst.counts = Math.max(worst.counts, figures[`counts: ${name} (ms)`]!)
      worst.countsProcessor = Math.max(worst.countsProcessor, figures[`counts: ${name} (processor, ms)`]!)
    }
    time('all ids', () => idsInOrder(p, {}, { by: 'id', descending: false }))
    for (const name of ['none', 'split', 'label and split', 'folder'])
      time(`exact counts: ${name}`, () => mediaFacets(p, wanted[name], true))
    return {
      ...figures,
      'slowest first page (ms)': worst.page,
      'slowest first page (processor, ms)': worst.pageProcessor,
      'slowest counts (ms)': worst.counts,
      'slowest counts (processor, ms)': worst.countsProcessor,
      'memory (MB)': Math.round(process.memoryUsage().rss / 2 ** 20),
      'peak memory (MB)': Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } finally {
    project?.close()
    if (!keep) rmSync(dir, { recursive: true, force: true })
  }
}
