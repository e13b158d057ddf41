/** Projects: opening, describing, adding images, naming states. */
import { z } from 'zod'
import { projectInfo, snapshot, snapshotDiff, snapshotName } from '../model/project.ts'
import { folderSurvey, mediaOverview, setUpOptions } from '../model/survey.ts'
import { text } from '../model/text.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const started = z.object({ jobId: z.string() })

/**
 * The project's file is no longer the one that was opened: nothing is written until a copy is saved or the project is
 * reopened.
 */
export const replacement = z.object({ how: z.enum(['removed', 'replaced', 'overwritten', 'log']), file: z.string() })
export type Replacement = z.infer<typeof replacement>

export const openedProject = z.object({
  /** The image folder that it was created from, until a person has decided what to import from it. */
  first: z.string().nullable(),
  /** Identifies the project in URLs. */
  key: z.string(),
  info: projectInfo,
  /** The previous process ended without closing it; nothing acknowledged is lost. */
  recovered: z.boolean(),
  replaced: replacement.nullable(),
})
export type OpenedProject = z.infer<typeof openedProject>

export const projectMethods = {
  /** Opens a project; an image folder without one becomes a project, and a job adds its images. */
  'projects.open': method(z.object({ folder: text().min(1).max(4096) }), openedProject.extend({ jobId: z.string().nullable() })),
  /**
   * The folder of an existing recent project, by key. URLs contain keys instead of folders, so that a link cannot
   * open a folder that was never opened here.
   */
  'projects.known': method(z.object({ key: z.string().regex(/^[0-9a-f]{16}$/) }), z.object({ folder: z.string().nullable() })),
  'projects.close': method(nothing, done),
  /** Whether the file is still the one that was opened. */
  'projects.presence': method(nothing, replacement.nullable()),
  /** After the file was replaced: saves the open content as a new project in the folder, and returns its path. */
  'projects.save-copy': method(z.object({ folder: text().min(1) }), z.object({ folder: z.string() })),
  /** Discards the open content and opens the file now at its path, in all windows. */
  'projects.reopen': method(nothing, done),
  'projects.info': method(nothing, projectInfo),
  'projects.forget': method(z.object({ folder: z.string() }), done),
  /** The job's result is `{ folder }`, to be opened. */
  'projects.sample': method(nothing, started),
  /**
   * Adds the images below a folder; the job's result is a `scanResult`. `followLinks`: the user accepts links that
   * lead out of it.
   */
  'projects.add-folder': method(z.object({ folder: text().min(1).max(4096), followLinks: z.boolean().default(false) }), started),
  /** Adds individually named images, like `projects.add-folder` for a folder. */
  'projects.add-images': method(z.object({ files: z.array(text().min(1).max(4096)).min(1).max(10_000) }), started),
  /** The contents of an image folder, and what they can be imported as. */
  'projects.survey': method(z.object({ folder: text().min(1).max(4096) }), folderSurvey),
  /** Imports the selection; the job's result is a `setUpReport`. */
  'projects.set-up': method(setUpOptions, started),
  'projects.overview': method(nothing, mediaOverview),
  /** The user has finished the first-opening page. */
  'projects.first-done': method(nothing, done),
  /**
   * Searches a folder recursively for the files of images whose files are missing; the job's result is `{ linked,
   * missing }`.
   */
  'projects.link-images': method(z.object({ folder: text().min(1).max(4096) }), started),
  'snapshots.list': method(nothing, z.array(snapshot)),
  'snapshots.take': method(z.object({ name: snapshotName }), snapshot),
  'snapshots.remove': method(z.object({ name: text() }), done),
  /** Without `to`, compares with the current state. */
  'snapshots.compare': method(z.object({ from: text(), to: text().optional() }), snapshotDiff),
  'snapshots.restore': method(z.object({ name: text() }), done),
}

export const projectEvents = {
  /** Counts, labels or the set of images changed. */
  'project.replaced': z.object({ replaced: replacement.nullable() }),
  'project.changed': z.object({ what: z.array(z.enum(['media', 'labels', 'snapshots', 'runs', 'aids'])) }),
}
