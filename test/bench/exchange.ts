/** Figures of import and export: COCO of 10,000 real images with four polygons and a caption each. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { exportFrom } from '../../src-main/app/exchange/export.ts'
import { importInto } from '../../src-main/app/exchange/import.ts'
import { createProject } from '../../src-main/app/projects/project.ts'

const WIDTH = 640
const HEIGHT = 480
const REGIONS = 4
const CLASSES = 80

/** A polygon of 20 vertices, as COCO lists them. */
const polygon = (cx: number, cy: number) =>
  Array.from({ length: 20 }, (_, k) => [cx + 30 * Math.cos((k * Math.PI) / 10), cy + 20 * Math.sin((k * Math.PI) / 10)]).flat()

/** One picture, of which each file differs in the bytes after its end. */
async function writeDataset(dir: string, images: number): Promise<void> {
  mkdirSync(join(dir, 'images'), { recursive: true })
  mkdirSync(join(dir, 'annotations'))
  const noise = await sharp({
    create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 20 } },
  })
    .jpeg()
    .toBuffer()
  const listed = Array.from({ length: images }, (_, i) => ({
    id: i + 1,
    file_name: `${String(i).padStart(6, '0')}.jpg`,
    width: WIDTH,
    height: HEIGHT,
  }))
  for (const { id, file_name } of listed) writeFileSync(join(dir, 'images', file_name), Buffer.concat([noise, Buffer.from(String(id))]))
  const annotations = listed.flatMap(({ id }) =>
    Array.from({ length: REGIONS }, (_, k) => ({
      id: id * REGIONS + k,
      image_id: id,
      category_id: 1 + ((id * 7 + k * 13) % CLASSES),
      iscrowd: 0,
      segmentation: [polygon(60 + ((id * 31 + k * 97) % (WIDTH - 120)), 40 + ((id * 17 + k * 53) % (HEIGHT - 80)))],
    })),
  )
  const categories = Array.from({ length: CLASSES }, (_, i) => ({ id: i + 1, name: `class ${i}` }))
  writeFileSync(join(dir, 'annotations', 'instances_all.json'), JSON.stringify({ images: listed, annotations, categories }))
  const captions = listed.map(({ id }) => ({ id, image_id: id, caption: `a scene, number ${id}` }))
  writeFileSync(join(dir, 'annotations', 'captions_all.json'), JSON.stringify({ images: listed, annotations: captions }))
}

/** Seconds. The export is without the images' bytes, as COCO is usually handed on, and with them. */
export async function exchangeBench(images = 10_000): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-bench-'))
  try {
    await writeDataset(join(dir, 'coco'), images)
    const project = createProject(join(dir, 'project'), { name: 'exchange' })
    try {
      const imported = await importInto(project, join(dir, 'coco'), { format: 'coco' })
      const again = await importInto(project, join(dir, 'coco'), { format: 'coco' })
      const alone = await exportFrom(project, join(dir, 'alone'), { format: 'coco', images: 'none' })
      const whole = await exportFrom(project, join(dir, 'whole'), { format: 'coco', images: 'copy' })
      return {
        'COCO, images': imported.images,
        'COCO, regions': imported.counts.regions,
        'COCO, import (s)': imported.seconds,
        'COCO, import again (s)': again.seconds,
        'COCO, added again': again.counts.added,
        'COCO, export (s)': alone.seconds,
        'COCO, export with the images (s)': whole.seconds,
      }
    } finally {
      project.close()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
