import fs from 'node:fs'
import path from 'node:path'
import { vi } from 'vitest'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { CLASSES, shapePictures, TINY_CLIP } from '../../helpers/pictures.ts'
import { engine } from '../../helpers/engine.ts'

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The terminal's commands in this process, with jobs in the engine's own thread. */
export async function terminal(cache: string, more: Partial<CliContext> = {}): Promise<(...argv: string[]) => Promise<Said>> {
  const app = { engine: await engine(), nano: TINY_CLIP, cache, ...more } as CliContext
  return async (...argv) => {
    const said = { stdout: '', stderr: '' }
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        said[stream] += String(text)
        return true
      }),
    )
    try {
      return { code: await runCli(argv, async () => app), ...said }
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }
}

/** A project of shape pictures in five splits, and its folder. */
export async function shapesProject(dir: string): Promise<string> {
  const pictures = path.join(dir, 'pictures')
  const splits = await shapePictures(pictures)
  const project = createProject(path.join(dir, 'project'), { name: 'shapes', user: 'ann' })
  const records = Object.entries(splits).flatMap(([split, items]) =>
    items.map(({ file, label }) => ({
      fileName: path.relative(pictures, file),
      width: 40,
      height: 40,
      split,
      labels: [{ label: CLASSES[label]! }],
    })),
  )
  addRecords(project, records, { root: pictures })
  project.close()
  return project.folder
}

/** A copy of the small CLIP to spoil. */
export function copyOfClip(to: string): string {
  fs.cpSync(TINY_CLIP, to, { recursive: true })
  fs.rmSync(path.join(to, 'expected.json'))
  return to
}
