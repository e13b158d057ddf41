/** The operations of the worker thread. A new one needs a task in src-shared/model/work.ts and a line here. */
import type { z } from 'zod'
import type { Phase, StepProgress } from '#shared/model/progress.ts'
import type { workTask } from '#shared/model/work.ts'
import { cancelled, dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull } from '../../files/words.ts'
import { exportFrom } from '../exchange/export.ts'
import { importInto } from '../exchange/import.ts'
import { setUp, surveyFolder } from '../exchange/survey.ts'
import { meter } from '../exchange/progress.ts'
import { countUnreadable } from '../../db/media-file.ts'
import { mediaFacets } from '../media/facets.ts'
import { checkAgain, checkUnseen, unreadableBelow } from '../media/files.ts'
import { addImages } from '../media/add.ts'
import { findFacts, linkFolder, scanFolder } from '../media/scan.ts'
import { countMedia } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'

/** Reports a job's steps as progress of its phases. */
function phases({ onProgress, signal }: WorkControl) {
  const report = meter(onProgress)
  return (phase: Phase) => ({ signal, progress: (done: number, total: number | null) => report(phase, done, total) })
}

export interface WorkControl {
  signal: AbortSignal
  onProgress: (progress: StepProgress) => void
  /** Called when there are new results to look at. */
  onChange: () => void
}

export async function runTask(project: Project, task: z.output<typeof workTask>, given: WorkControl): Promise<unknown> {
  const { signal, onProgress, onChange } = given
  switch (task.kind) {
    case 'import': {
      const report = await importInto(project, task.path, { ...task.options, signal, onProgress, sharing: true })
      if (!task.options.check) return report
      await checkUnseen(project, phases(given)('checking'))
      const unreadable = unreadableBelow(project, report.root)
      return {
        ...report,
        unreadable: unreadable.slice(0, 1000).map(({ path, problem }) => ({ file: path, reason: problem })),
        unreadableImages: unreadable.length,
      }
    }
    case 'check':
      return checkAgain(project, phases(given)('checking'))
    case 'survey':
      return surveyFolder(project, task.folder)
    case 'set-up':
      return setUp(project, task, { signal, onProgress })
    case 'facets':
      return mediaFacets(project, task.filter, true)
    case 'export':
      return exportFrom(project, task.path, { ...task.options, signal, onProgress })
    case 'link':
      return linkFolder(project, task.folder, signal)
    case 'convert': {
      const { convertOpenClip } = await import('../../engine/models/index.ts') // of no use to the other operations
      return convertOpenClip({
        ...task,
        onProgress(done, total) {
          if (signal.aborted) throw cancelled()
          onProgress({ phase: 'writing', done, total })
        },
      })
    }
    case 'add': {
      const control = phases(given)
      const found = addImages(project, task.files)
      onChange()
      await findFacts(project, control('measuring'))
      await checkUnseen(project, control('checking'))
      return { ...found, unreadable: countUnreadable(project.db) }
    }
    case 'scan': {
      const control = phases(given)
      const before = countMedia(project)
      try {
        const found = await scanFolder(project, task.folder, control('scanning'), onChange, task)
        await findFacts(project, control('measuring'))
        onChange()
        await checkUnseen(project, control('checking'))
        return { ...found, unreadable: countUnreadable(project.db) }
      } catch (e) {
        if (!diskFull(e)) throw e
        throw dataError(task.folder, sentence('disk.full-scanning', { images: countMedia(project) - before }), e)
      }
    }
  }
}
