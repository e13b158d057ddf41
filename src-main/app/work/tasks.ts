/** What the thread can do. Another operation is a task in src-shared/model/work.ts and a line here. */
import type { z } from 'zod'
import type { WorkProgress, workTask } from '#shared/model/work.ts'
import { dataError } from '#shared/errors.ts'
import { diskFull } from '../../files/words.ts'
import { exportFrom } from '../exchange/export.ts'
import { importInto } from '../exchange/import.ts'
import { meter } from '../exchange/progress.ts'
import { addImages } from '../media/add.ts'
import { findFacts, linkFolder, scanFolder } from '../media/scan.ts'
import { countMedia } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'

export interface WorkControl {
  signal: AbortSignal
  onProgress: (progress: WorkProgress) => void
  /** Something new may be looked at. */
  onChange: () => void
}

export async function runTask(project: Project, task: z.output<typeof workTask>, { signal, onProgress, onChange }: WorkControl): Promise<unknown> {
  switch (task.kind) {
    case 'import':
      return importInto(project, task.path, { ...task.options, signal, onProgress, sharing: true })
    case 'export':
      return exportFrom(project, task.path, { ...task.options, signal, onProgress })
    case 'link':
      return linkFolder(project, task.folder, signal)
    case 'add': {
      const report = meter<WorkProgress['phase']>(onProgress)
      const found = addImages(project, task.files)
      onChange()
      await findFacts(project, { signal, progress: (done, of) => report('measuring', done, of) })
      return found
    }
    case 'scan': {
      const report = meter<WorkProgress['phase']>(onProgress)
      const control = (phase: WorkProgress['phase']) => ({ signal, progress: (done: number, of: number | null) => report(phase, done, of) })
      const before = countMedia(project)
      try {
        const found = await scanFolder(project, task.folder, control('scanning'), onChange, task)
        await findFacts(project, control('measuring'))
        return found
      } catch (e) {
        if (!diskFull(e)) throw e
        throw dataError(task.folder, `no space left on the device; ${countMedia(project) - before} images were taken in before and stay`, e)
      }
    }
  }
}
