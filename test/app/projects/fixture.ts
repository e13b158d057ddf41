/** Small projects in temporary folders. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import type { Shape } from '#shared/model/shape.ts'
import { addRecords, createProject, type Project } from '../../../src-main/app/projects/index.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-project-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Closed and removed when the test ends. */
export function temporaryProject(records: Iterable<ImageRecord> = []): Project {
  const project = createProject(join(temporaryFolder(), 'p'), { name: 'test', user: 'ann' })
  onTestFinished(() => project.close())
  addRecords(project, records)
  return project
}

export const box = (x = 1, y = 2, w = 30, h = 40): Shape => ({ kind: 'box', x, y, w, h })

export const record = (fileName: string, more: Partial<ImageRecord> = {}): ImageRecord => ({ fileName, width: 640, height: 480, ...more })

/** Five images: two with regions, one with a label, one with a caption, one bare. */
export const fiveImages = (): ImageRecord[] => [
  record('a.jpg', {
    regions: [
      { label: 'cat', shape: box() },
      { label: 'dog', shape: box(5, 5) },
    ],
    split: 'train',
    tags: ['night'],
  }),
  record('b.jpg', {
    regions: [
      { label: 'cat', shape: box(), author: { kind: 'checkpoint', checkpoint: 'run-1', score: 0.8 } },
      { label: 'dog', shape: box(2, 2), author: { kind: 'checkpoint', checkpoint: 'run-2', score: 0.3 } },
    ],
    split: 'val',
  }),
  record('c.jpg', { labels: [{ label: 'cat' }], split: 'train', contentHash: 'a'.repeat(64) }),
  record('dir/d e.jpg', { captions: [{ text: 'Two dogs on a Straße, 犬が二匹いる', language: 'en' }], contentHash: 'a'.repeat(64) }),
  record('dir/e.f.jpg'),
]
