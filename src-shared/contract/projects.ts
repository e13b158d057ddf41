/** Projects: open, describe, take images in, name states. */
import { z } from 'zod'
import { projectInfo, snapshot, snapshotDiff } from '../model/project.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const started = z.object({ jobId: z.string() })

export const openedProject = z.object({
  /** Stands for the project in URLs. */
  key: z.string(),
  info: projectInfo,
  /** The program before ended without closing it; nothing acknowledged is lost. */
  recovered: z.boolean(),
})
export type OpenedProject = z.infer<typeof openedProject>

export const projectMethods = {
  /** Opens a project; a folder of images that holds none yet becomes one, its images are taken in as a job. */
  'projects.open': method(z.object({ folder: z.string().min(1) }), openedProject.extend({ jobId: z.string().nullable() })),
  'projects.close': method(nothing, done),
  'projects.info': method(nothing, projectInfo),
  'projects.forget': method(z.object({ folder: z.string() }), done),
  /** The job's result is `{ folder }`, to be opened. */
  'projects.sample': method(nothing, started),
  /** Takes in the images below a folder. */
  'projects.add-folder': method(z.object({ folder: z.string().min(1) }), started),
  /** Looks below a folder for the files of images that have none; the job's result is `{ linked, missing }`. */
  'projects.link-images': method(z.object({ folder: z.string().min(1) }), started),
  'snapshots.list': method(nothing, z.array(snapshot)),
  'snapshots.take': method(z.object({ name: snapshot.shape.name }), snapshot),
  'snapshots.remove': method(z.object({ name: z.string() }), done),
  /** Without `to`, with the present state. */
  'snapshots.compare': method(z.object({ from: z.string(), to: z.string().optional() }), snapshotDiff),
  'snapshots.restore': method(z.object({ name: z.string() }), done),
}

export const projectEvents = {
  /** Counts, labels or the set of images changed. */
  'project.changed': z.object({ what: z.array(z.enum(['media', 'labels', 'snapshots', 'runs'])) }),
}
