/** Figures of a large project: 250,000 images with a million regions and captions. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageRecord } from '#shared/model/record.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { addRecords } from '../../src-main/app/projects/index.ts'
import { createProject, openProject, type Project } from '../../src-main/app/projects/project.ts'
import { projectInfo } from '../../src-main/app/projects/info.ts'
import { addRegion, removeRegions, undoChange, updateRegion } from '../../src-main/app/annotations/index.ts'
import { findMedia } from '../../src-main/app/projects/media.ts'

const labels = Array.from({ length: 80 }, (_, i) => `class ${i}`)
const words = ['dog', 'street', 'umbrella', 'kitchen', 'train', 'zebra', 'laptop', 'pizza', 'harbour', 'mountain']

/** Four regions and a caption an image; every twentieth image bare, every tenth region a proposal. */
export function* syntheticRecords(images: number): Generator<ImageRecord> {
  for (let i = 0; i < images; i++) {
    const bare = i % 20 === 19
    yield {
      fileName: `folder ${i % 97}/image-${String(i).padStart(6, '0')}.jpg`,
      width: 640,
      height: 480,
      contentHash: (i % 5000 === 1 ? i - 1 : i).toString(16).padStart(64, '0'),
      split: i % 10 === 0 ? 'val' : 'train',
      regions: bare
        ? []
        : Array.from({ length: i % 20 < 4 ? 5 : 4 }, (_, k) => ({
            label: labels[(i * 7 + k * 13) % labels.length]!,
            shape: { kind: 'box' as const, x: (i % 500) + k, y: (i % 400) + k / 3, w: 20.5 + k, h: 31.25 },
            ...(k === 3 && i % 5 === 0
              ? { author: { kind: 'checkpoint' as const, checkpoint: `run-${i % 3}`, score: ((i * 37) % 1000) / 1000 } }
              : {}),
          })),
      captions: bare ? [] : [{ text: `a ${words[i % 10]} near a ${words[(i * 3 + 1) % 10]}, number ${i}`, language: 'en' }],
    }
  }
}

const seconds = (from: number) => (performance.now() - from) / 1000
const peakMb = () => process.resourceUsage().maxRSS / 1024

/** Seconds, milliseconds and megabytes, each named by its unit. */
export async function projectsBench(images = 250_000): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-bench-'))
  const figures: Record<string, number> = {}
  const time = <T>(name: string, body: () => T): T => {
    const from = performance.now()
    const result = body()
    figures[`${name} (ms)`] = 1000 * seconds(from)
    return result
  }
  let project: Project | undefined
  try {
    const from = performance.now()
    const cpuBefore = (process.cpuUsage().user + process.cpuUsage().system) / 1e6
    project = createProject(join(dir, 'big'), { name: 'big' })
    const counts = addRecords(project, syntheticRecords(images))
    figures['create (s)'] = seconds(from)
    const cpu = process.cpuUsage()
    figures['create, CPU (s)'] = (cpu.user + cpu.system) / 1e6 - cpuBefore
    figures['images'] = counts.added
    figures['regions'] = counts.regions
    figures['create (images/s)'] = counts.added / figures['create (s)']
    figures['peak memory after create (MB)'] = peakMb()
    project.close()

    const p = (project = time('open', () => openProject(join(dir, 'big'))))
    const filters: Record<string, MediaFilter> = {
      all: {},
      label: { labelIds: [3] },
      'label and split': { labelIds: [5], split: 'val' },
      split: { split: 'val' },
      'split that is empty': { split: 'test' },
      'author, a checkpoint': { author: { kind: 'checkpoint', name: 'run-1' } },
      'author, nobody': { author: { kind: 'person', name: 'nobody' } },
      'any checkpoint': { author: { kind: 'checkpoint' } },
      score: { score: { min: 0.4, max: 0.45 } },
      'score that is rare': { score: { min: 0.9985 } },
      'score that never occurs': { score: { min: 0.9995 } },
      'proposals of a label': { labelIds: [7], state: 'proposed' },
      'text, frequent': { captionText: 'umbrella' },
      'text, rare': { captionText: 'number 123456' },
      'text, none': { captionText: 'xylophone' },
      'text, two letters': { captionText: 'zq' },
      'exact duplicates': { duplicates: 'exact' },
      'near duplicates': { duplicates: 'near' },
      unlabelled: { unlabelled: true },
      path: { pathText: 'image-249' },
      'label, text and split': { labelIds: [9], captionText: 'zebra', split: 'train' },
    }
    for (const [name, filter] of Object.entries(filters)) {
      const page = time(`filter: ${name}`, () => findMedia(p, filter, { limit: 100 }))
      figures[`filter: ${name} (rows)`] = page.length
    }
    time('info', () => projectInfo(p))

    const edits: number[] = []
    const cpuStart = process.cpuUsage().user + process.cpuUsage().system
    for (let i = 0; i < 200; i++) {
      const mediaId = 1 + ((i * 1237) % images)
      const from = performance.now()
      if (i % 4 === 0) addRegion(p, { mediaId, labelId: 1, shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 } })
      else if (i % 4 === 1) undoChange(p)
      else if (i % 4 === 2) updateRegion(p, 1 + ((i * 7919) % counts.regions), { shape: { kind: 'box', x: i, y: 2, w: 3, h: 4 } })
      else removeRegions(p, [1 + ((i * 104729) % counts.regions)])
      edits.push(1000 * seconds(from))
    }
    const cpuOfEdits = process.cpuUsage()
    figures['one edit, CPU (ms)'] = (cpuOfEdits.user + cpuOfEdits.system - cpuStart) / 1000 / 200
    edits.sort((a, b) => a - b)
    figures['one edit, median (ms)'] = edits[100]!
    figures['one edit, slowest of 200 (ms)'] = edits.at(-1)!
    figures['peak memory (MB)'] = peakMb()
    return figures
  } finally {
    project?.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
