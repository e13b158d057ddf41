/** A small project of plain pictures, and what is in its database. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, openProject, type Project } from '../../src-main/app/projects/index.ts'
import type { ImageRecord } from '../../src-shared/model/record.ts'

export interface SmallProject {
  readonly folder: string
  /** Looks into the database beside the server that has it open. */
  read<T>(look: (project: Project) => T): T
  remove(): void
}

/** @param made what is removed with it, if not its folder alone */
export function smallProject(folder: string, made = folder): SmallProject {
  return {
    folder,
    read(look) {
      const open = openProject(folder, { readOnly: true })
      try {
        return look(open)
      } finally {
        open.close()
      }
    },
    remove: () => rmSync(made, { recursive: true, force: true }),
  }
}

/** `bird 0.png`, `bird 1.png` …, 400 × 300, with the labels robin and wren; `about(i)` is what else is said of each. */
export async function birds(n: number, about: (i: number) => Partial<ImageRecord> = () => ({})): Promise<SmallProject> {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-project-'))
  mkdirSync(join(folder, 'media'))
  for (let i = 0; i < n; i++)
    await sharp({ create: { width: 400, height: 300, channels: 3, background: { r: (40 * i) % 256, g: 120, b: 200 - ((30 * i) % 200) } } })
      .png()
      .toFile(join(folder, 'media', `bird ${i}.png`))
  const project = createProject(folder, { name: 'Birds' })
  addLabels(project, [{ name: 'robin' }, { name: 'wren' }])
  if (n)
    addRecords(
      project,
      Array.from({ length: n }, (_, i) => ({ fileName: `bird ${i}.png`, width: 400, height: 300, ...about(i) })),
    )
  project.close()
  return smallProject(folder)
}
