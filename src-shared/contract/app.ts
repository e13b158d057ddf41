/** The application itself: who is there, settings, recent projects, choosing files, running jobs. */
import { z } from 'zod'
import { limits } from '../model/limits.ts'
import { phaseSchema } from '../model/progress.ts'
import { jobStatus, laneSchema } from '../model/queue.ts'
import { text } from '../model/text.ts'
import { sentenceSchema } from '../sentences/table.ts'
import { method } from './method.ts'

/** What can be made again and is kept for that. Embeddings: features of images, and the index of their neighbours. */
export const cacheNames = ['thumbnails', 'tiles', 'embeddings'] as const
export type CacheName = (typeof cacheNames)[number]
const bytes = z.number().int().nonnegative()
export const cacheUsage = z.object({ thumbnails: bytes, tiles: bytes, embeddings: bytes })
export type CacheUsage = z.infer<typeof cacheUsage>
/** Limits of a cache in megabytes. */
export const cacheSize = { min: 16, max: 1_000_000 } as const
const megabytes = z.number().int().min(cacheSize.min).max(cacheSize.max)
/** Images on from the open one that are fetched beforehand, at most. */
export const prefetchMost = 16

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** A BCP 47 tag; the program speaks English where it does not know the language. */
  language: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,34}$/)
    .default('system'),
  /** Action → chords; only those that differ from the defaults. */
  shortcuts: z.record(z.string(), z.array(z.string())).default({}),
  /** Side of a grid cell, CSS pixels. */
  thumbnail: z.number().int().min(64).max(512).default(144),
  sidebars: z
    .object({ data: z.boolean().default(true), strip: z.boolean().default(true), inspector: z.boolean().default(true) })
    .prefault({}),
  labelling: z
    .object({
      /** The label of a region drawn is that of the next; else each asks for its own. */
      keepLabel: z.boolean().default(true),
      /** While classifying, the next image opens. */
      advance: z.boolean().default(true),
      drawBy: z.enum(['either', 'drag', 'click']).default('either'),
      /** Of outlines, CSS pixels. */
      lineWidth: z.number().min(0.5).max(6).default(1.5),
      fillOpacity: z.number().min(0).max(1).default(0.25),
      names: z.boolean().default(false),
      crosshair: z.boolean().default(false),
      minimap: z.boolean().default(true),
      snapping: z.boolean().default(true),
      snapToPixels: z.boolean().default(false),
      grid: z.boolean().default(false),
      /** Side of a cell of the grid, image pixels. */
      gridStep: z.number().min(0.5).max(100_000).default(32),
      guides: z.boolean().default(false),
    })
    .prefault({}),
  /** So many images on from the open one are fetched beforehand, and the one before it; 0: none. */
  prefetch: z.number().int().min(0).max(prefetchMost).default(1),
  /** Megabytes of each that are kept at most. */
  caches: z
    .object({ thumbnails: megabytes.default(1024), tiles: megabytes.default(2048), embeddings: megabytes.default(4096) })
    .prefault({}),
  /** Where checkpoints lie that are no project's. */
  modelFolders: z.array(text().min(1).max(4096)).max(50).default([]),
})
export type LabellingSettings = Settings['labelling']
export type Settings = z.infer<typeof settings>

export const recentProject = z.object({ folder: z.string(), name: z.string(), /** Milliseconds since 1970. */ opened: z.number().int() })
export type RecentProject = z.infer<typeof recentProject>

/** A job as the list shows it; `jobs.changed` tells of each step. `result` is what the method that began it says. */
export const jobEntry = z.object({
  id: z.string(),
  /** Names the operation: scan, sample, import, export, train, compare, merge … */
  kind: z.string(),
  lane: laneSchema,
  /** As `projects.open` names it; null: of no project. */
  project: z.string().nullable(),
  /** What it works on, for a person: a folder, a file, the name of a run. */
  subject: z.string(),
  status: jobStatus,
  /** The training or merge that it is. */
  runId: z.string().nullable(),
  /** null: it has told nothing yet. */
  phase: phaseSchema.nullable(),
  /** Which stretch of the phase: a split, a format. */
  part: z.string().nullable(),
  /** Of its present phase. */
  done: z.number(),
  /** null: not known. */
  total: z.number().nullable(),
  /** Of the whole, all phases together, 0 … 1; it never falls. null: not known. */
  share: z.number().min(0).max(1).nullable(),
  imagesPerSecond: z.number().nullable(),
  /** For the whole; null where there is no ground for a guess yet. */
  secondsLeft: z.number().nullable(),
  error: z.string().nullable(),
  /** What the error says, for readers of other languages. */
  sentence: sentenceSchema.nullable(),
  result: z.json().nullable(),
  /** What `jobs.again` does with an interrupted one: resume where it was, or begin anew. null: it can only be dismissed. */
  offers: z.enum(['resume', 'again']).nullable(),
})
export type JobEntry = z.infer<typeof jobEntry>

/** What a path is to the application; of a project, its folder. `folder`: what it lies in. */
export const lookedAt = z.object({ kind: z.enum(['project', 'folder', 'image', 'file', 'missing']), path: z.string(), folder: z.string() })
export type LookedAt = z.infer<typeof lookedAt>

/** How the program came here, so that it can be said how it is updated: a desktop package, a source tree, an npm package. */
export const installation = z.enum(['desktop', 'source', 'npm'])
export type Installation = z.infer<typeof installation>

/** What came of a native dialog; unavailable: the host has none of its own, `files.list` serves to make one. */
export const folderChoice = z.discriminatedUnion('status', [
  z.object({ status: z.literal('picked'), path: z.string() }),
  z.object({ status: z.literal('cancelled') }),
  z.object({ status: z.literal('unavailable') }),
])
export type FolderChoice = z.infer<typeof folderChoice>

const nothing = z.object({}).default({})
const done = z.null()

export const appMethods = {
  /** `name`: who works in this window, where that is not the user of the machine; as soon as it is told, its edits are theirs. */
  'app.hello': method(
    z.object({ name: text().trim().min(1).max(limits.name).optional() }).default({}),
    z.object({
      version: z.string(),
      /** Of this start of the program: another one after a reconnect means that it was restarted meanwhile. */
      instance: z.string(),
      /** Of this connection: events that it caused name it as their origin. */
      client: z.string(),
      user: z.string(),
      settings,
      recent: z.array(recentProject),
      /** The project it was started with. */
      project: z.string().nullable(),
    }),
  ),
  'settings.save': method(settings, done),
  /** Bytes of each. */
  'caches.usage': method(nothing, cacheUsage),
  'caches.clear': method(z.object({ cache: z.enum(cacheNames) }), cacheUsage),
  'dialogs.folder': method(z.object({ title: z.string(), start: z.string().nullish() }), folderChoice),
  'files.list': method(
    /** null: the home folder. */
    z.object({ folder: text().nullable() }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      folders: z.array(z.object({ name: z.string(), path: z.string(), project: z.boolean() })),
      /** Whether the folder is one. */
      project: z.boolean(),
      /** Images that lie directly in the folder. */
      images: z.number().int(),
    }),
  ),
  /** In the order asked for. */
  'files.look': method(z.object({ paths: z.array(text().min(1).max(4096)).min(1).max(10_000) }), z.array(lookedAt)),
  'app.about': method(nothing, z.object({ version: z.string(), installation, runtime: z.string() })),
  /** Whose work the program carries, and on what terms; null where that was not built. */
  'app.notices': method(nothing, z.object({ text: z.string().nullable() })),
  'jobs.list': method(nothing, z.array(jobEntry)),
  /** One that waits ends at once, one at work within two steps. */
  'jobs.cancel': method(z.object({ id: z.string() }), done),
  /** Puts an interrupted job back into the queue. */
  'jobs.again': method(z.object({ id: z.string() }), done),
  /** Offers an interrupted job no more. */
  'jobs.dismiss': method(z.object({ id: z.string() }), done),
}

export const appEvents = {
  'jobs.changed': jobEntry,
  'settings.changed': settings,
  /** A menu of the host asks for an action, or for a project to be opened. */
  'host.action': z.object({ action: z.string() }),
  'host.open': z.object({ folder: z.string() }),
}
