/** Projects: opening, describing, adding images, naming states. */
import { z } from 'zod'
import { projectInfo, snapshot, snapshotDiff, snapshotName } from '../model/project.ts'
import { folderSurvey, mediaOverview, setUpOptions } from '../model/survey.ts'
import { text } from '../model/text.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const started = z.object({ jobId: z.string() })

/** The project's file is no longer the one that was opened: nothing more is written until a copy is saved or the project reopened. */
export const replacement = z.object({ how: z.enum(['removed', 'replaced', 'overwritten', 'log']), file: z.string() })
export type Replacement = z.infer<typeof replacement>

export const openedProject = z.object({
  /** The folder of images that it was made from, until a person has decided what to import of it. */
  first: z.string().nullable(),
  /** Stands for the project in URLs. */
  key: z.string(),
  info: projectInfo,
  /** The program before ended without closing it; nothing acknowledged is lost. */
  recovered: z.boolean(),
  replaced: replacement.nullable(),
})
export type OpenedProject = z.infer<typeof openedProject>

export const projectMethods = {
  /** Opens a project; a folder of images without one becomes a project, and its images are added by a job. */
  'projects.open': method(z.object({ folder: text().min(1).max(4096) }), openedProject.extend({ jobId: z.string().nullable() })),
  /**
   * The folder of a recent project that still exists, by its key. Addresses hold keys, not folders, so that a link cannot open a folder
   * that was never opened here.
   */
  'projects.known': method(z.object({ key: z.string().regex(/^[0-9a-f]{16}$/) }), z.object({ folder: z.string().nullable() })),
  'projects.close': method(nothing, done),
  /** Whether the file is still the one that was opened. */
  'projects.presence': method(nothing, replacement.nullable()),
  /** After the file was replaced: saves what is open as a new project in the folder, and answers with its place. */
  'projects.save-copy': method(z.object({ folder: text().min(1) }), z.object({ folder: z.string() })),
  /** Discards what is open and opens what is at its place now, in all windows. */
  'projects.reopen': method(nothing, done),
  'projects.info': method(nothing, projectInfo),
  'projects.forget': method(z.object({ folder: z.string() }), done),
  /** The job's result is `{ folder }`, to be opened. */
  'projects.sample': method(nothing, started),
  /** Adds the images below a folder; the job's result is a `scanResult`. `followLinks`: the person accepts links that lead out of it. */
  'projects.add-folder': method(z.object({ folder: text().min(1).max(4096), followLinks: z.boolean().default(false) }), started),
  /** Adds images named one by one, as `projects.add-folder` does those of a folder. */
  'projects.add-images': method(z.object({ files: z.array(text().min(1).max(4096)).min(1).max(10_000) }), started),
  /** What lies in a folder of images, and what can be made of it. */
  'projects.survey': method(z.object({ folder: text().min(1).max(4096) }), folderSurvey),
  /** Imports what was chosen; the job's result is a `setUpReport`. */
  'projects.set-up': method(setUpOptions, started),
  'projects.overview': method(nothing, mediaOverview),
  /** The person is done with the page of the first opening. */
  'projects.first-done': method(nothing, done),
  /** Looks below a folder for the files of images that have none; the job's result is `{ linked, missing }`. */
  'projects.link-images': method(z.object({ folder: text().min(1).max(4096) }), started),
  'snapshots.list': method(nothing, z.array(snapshot)),
  'snapshots.take': method(z.object({ name: snapshotName }), snapshot),
  'snapshots.remove': method(z.object({ name: text() }), done),
  /** Without `to`, with the present state. */
  'snapshots.compare': method(z.object({ from: text(), to: text().optional() }), snapshotDiff),
  'snapshots.restore': method(z.object({ name: text() }), done),
}

export const projectEvents = {
  /** Counts, labels or the set of images changed. */
  'project.replaced': z.object({ replaced: replacement.nullable() }),
  'project.changed': z.object({ what: z.array(z.enum(['media', 'labels', 'snapshots', 'runs', 'aids'])) }),
}
