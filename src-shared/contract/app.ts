/** The application itself: identity, settings, recent projects, file selection, running jobs. */
import { z } from 'zod'
import { deviceSchema, threadsMost } from '../model/devices.ts'
import { limits } from '../model/limits.ts'
import { awaitedSchema, phaseSchema } from '../model/progress.ts'
import { jobStatus, laneSchema, priorityMost } from '../model/queue.ts'
import { slurmSettings } from '../model/slurm.ts'
import { text } from '../model/text.ts'
import { sentenceSchema } from '../sentences/table.ts'
import { method } from './method.ts'

/**
 * Caches of recomputable data. Embeddings: features of images, and the index of their neighbours. Encodings: images as
 * models for previews keep them between questions.
 */
export const cacheNames = ['thumbnails', 'tiles', 'embeddings', 'encodings'] as const
export type CacheName = (typeof cacheNames)[number]
const bytes = z.number().int().nonnegative()
export const cacheUsage = z.object({ thumbnails: bytes, tiles: bytes, embeddings: bytes, encodings: bytes })
export type CacheUsage = z.infer<typeof cacheUsage>
/** Limits of a cache's size in megabytes. */
export const cacheSize = { min: 16, max: 1_000_000 } as const
const megabytes = z.number().int().min(cacheSize.min).max(cacheSize.max)
/** The largest bound on all that is kept, in megabytes. */
export const budgetMost = 100_000_000
/**
 * What is kept on disk, in bytes: checkpoints and the saved states of runs of the projects that were opened lately, downloaded models,
 * and all caches together.
 */
export const storageUsage = z.object({
  /** null: there is no bound. */
  budget: bytes.nullable(),
  checkpoints: bytes,
  states: bytes,
  downloads: bytes,
  caches: bytes,
})
export type StorageUsage = z.infer<typeof storageUsage>
/** Maximum number of following images to prefetch. */
export const prefetchMost = 16

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** A BCP 47 tag; unknown languages fall back to English. */
  language: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,34}$/)
    .default('system'),
  /** Action → key chords; only those that differ from the defaults. */
  shortcuts: z.record(z.string(), z.array(z.string())).default({}),
  /** Side of a grid cell in CSS pixels. */
  thumbnail: z.number().int().min(64).max(512).default(144),
  sidebars: z
    .object({ data: z.boolean().default(true), strip: z.boolean().default(true), inspector: z.boolean().default(true) })
    .prefault({}),
  labelling: z
    .object({
      /** A new region gets the label of the last one drawn; otherwise each asks for its own. */
      keepLabel: z.boolean().default(true),
      /** After classifying an image, the next one opens. */
      advance: z.boolean().default(true),
      drawBy: z.enum(['either', 'drag', 'click']).default('either'),
      /** What a mask of a model becomes once it is kept. */
      keepMasksAs: z.enum(['mask', 'polygon']).default('mask'),
      /** How far a polygon made of a mask may be from its outline, in image pixels. */
      outlineTolerance: z.number().min(0).max(100).default(1),
      /** Width of outlines in CSS pixels. */
      lineWidth: z.number().min(0.5).max(6).default(1.5),
      fillOpacity: z.number().min(0).max(1).default(0.25),
      names: z.boolean().default(false),
      crosshair: z.boolean().default(false),
      minimap: z.boolean().default(true),
      snapping: z.boolean().default(true),
      snapToPixels: z.boolean().default(false),
      grid: z.boolean().default(false),
      /** Side of a cell of the drawing grid in image pixels. */
      gridStep: z.number().min(0.5).max(100_000).default(32),
      guides: z.boolean().default(false),
    })
    .prefault({}),
  /** Number of images after the open one to prefetch, besides the one before it; 0: none. */
  prefetch: z.number().int().min(0).max(prefetchMost).default(1),
  /** Maximum size of each cache in megabytes. */
  caches: z
    .object({
      thumbnails: megabytes.default(1024),
      tiles: megabytes.default(2048),
      embeddings: megabytes.default(4096),
      encodings: megabytes.default(2048),
    })
    .prefault({}),
  /** The bound on all that is kept on disk (see `storageUsage`), in megabytes; 0: none. */
  diskBudget: z.number().int().min(0).max(budgetMost).default(0),
  /** The device of trainings that name none. */
  device: deviceSchema.default('auto'),
  /** Threads of a computation on the CPU; 0: one a core. */
  threads: z.number().int().min(0).max(threadsMost).default(0),
  /** Folders with checkpoints outside projects. */
  modelFolders: z.array(text().min(1).max(4096)).max(50).default([]),
  /** What is asked of a Slurm cluster for each run. */
  slurm: slurmSettings.prefault({}),
})
export type LabellingSettings = Settings['labelling']
export type Settings = z.infer<typeof settings>
type Shape = typeof settings.shape
/** Some of the settings. What is absent stays as it is, and is not the default. */
const someSettings = z.object(
  Object.fromEntries(Object.entries(settings.shape).map(([name, field]) => [name, field.unwrap().optional()])) as {
    [K in keyof Shape]: z.ZodOptional<ReturnType<Shape[K]['unwrap']>>
  },
)

export const recentProject = z.object({ folder: z.string(), name: z.string(), /** Milliseconds since 1970. */ opened: z.number().int() })
export type RecentProject = z.infer<typeof recentProject>

/**
 * A job as shown in the list; `jobs.changed` reports each step. `result` has the type that the method which started
 * it documents.
 */
export const jobEntry = z.object({
  id: z.string(),
  /** The operation: scan, sample, import, export, train, compare, merge … */
  kind: z.string(),
  lane: laneSchema,
  /** The project's folder as given by `projects.open`; null: no project. */
  project: z.string().nullable(),
  /** What it works on, for display: a folder, a file, the name of a run. */
  subject: z.string(),
  status: jobStatus,
  /** The training or merge run that it executes. */
  runId: z.string().nullable(),
  /** null: nothing reported yet. */
  phase: phaseSchema.nullable(),
  /** Subdivision of the phase: a split, a format. */
  part: z.string().nullable(),
  /** Progress within the current phase. */
  done: z.number(),
  /** null: unknown. */
  total: z.number().nullable(),
  /** Fraction of the whole job over all phases, 0 … 1; never decreases. null: unknown. */
  share: z.number().min(0).max(1).nullable(),
  imagesPerSecond: z.number().nullable(),
  /** Of a download, which counts bytes. */
  bytesPerSecond: z.number().nullable(),
  /** For the whole job; null while no estimate is possible. */
  secondsLeft: z.number().nullable(),
  error: z.string().nullable(),
  /** The error's text in translatable form. */
  sentence: sentenceSchema.nullable(),
  result: z.json().nullable(),
  priority: z.int(),
  /** Of a queued job: not before this time, in ms since 1970. */
  startAt: z.int().nullable(),
  /** What a running job waits for; it goes on by itself. */
  waits: awaitedSchema.nullable(),
  /** The effect of `jobs.again` on an interrupted job: resume, or start over. null: it can only be dismissed. */
  offers: z.enum(['resume', 'again']).nullable(),
})
export type JobEntry = z.infer<typeof jobEntry>

/** What a path refers to; for a project, its folder. `folder`: its parent. */
export const lookedAt = z.object({ kind: z.enum(['project', 'folder', 'image', 'file', 'missing']), path: z.string(), folder: z.string() })
export type LookedAt = z.infer<typeof lookedAt>

/** How the program was installed, which determines how it is updated: desktop package, source tree or npm package. */
export const installation = z.enum(['desktop', 'source', 'npm'])
export type Installation = z.infer<typeof installation>

/** The result of a native dialog; unavailable: the host has none, so build one with `files.list`. */
export const folderChoice = z.discriminatedUnion('status', [
  z.object({ status: z.literal('picked'), path: z.string() }),
  z.object({ status: z.literal('cancelled') }),
  z.object({ status: z.literal('unavailable') }),
])
export type FolderChoice = z.infer<typeof folderChoice>

const nothing = z.object({}).default({})
const done = z.null()

export const appMethods = {
  /** `name`: the person working in this window, if not the machine's user; subsequent edits are attributed to them. */
  'app.hello': method(
    z.object({ name: text().trim().min(1).max(limits.name).optional() }).default({}),
    z.object({
      version: z.string(),
      /** Identifies this start of the program: a different value after a reconnect means that it was restarted. */
      instance: z.string(),
      /** Identifies this connection: events that it causes have it as origin. */
      client: z.string(),
      user: z.string(),
      settings,
      recent: z.array(recentProject),
      /** The project it was started with. */
      project: z.string().nullable(),
    }),
  ),
  /** Only what was changed is sent: another window, or the terminal, may have changed the rest meanwhile. */
  'settings.save': method(someSettings, done),
  /** Bytes used by each. */
  'caches.usage': method(nothing, cacheUsage),
  'caches.clear': method(z.object({ cache: z.enum(cacheNames) }), cacheUsage),
  'storage.usage': method(nothing, storageUsage),
  'dialogs.folder': method(z.object({ title: z.string(), start: z.string().nullish() }), folderChoice),
  'files.list': method(
    /** null: the home folder. */
    z.object({ folder: text().nullable() }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      folders: z.array(z.object({ name: z.string(), path: z.string(), project: z.boolean() })),
      /** Whether the folder is a project. */
      project: z.boolean(),
      /** Number of images directly in the folder. */
      images: z.number().int(),
    }),
  ),
  /** In the order of `paths`. */
  'files.look': method(z.object({ paths: z.array(text().min(1).max(4096)).min(1).max(10_000) }), z.array(lookedAt)),
  'app.about': method(nothing, z.object({ version: z.string(), installation, runtime: z.string() })),
  /** Third-party notices and licences; null in builds without them. */
  'app.notices': method(nothing, z.object({ text: z.string().nullable() })),
  'jobs.list': method(nothing, z.array(jobEntry)),
  /** A queued job is cancelled immediately, a running one within two steps. */
  'jobs.cancel': method(z.object({ id: z.string() }), done),
  /** Changes when a queued job starts: of those whose time has come, the highest priority first. What is absent stays. */
  'jobs.arrange': method(
    z.object({ id: z.string(), priority: z.int().min(-priorityMost).max(priorityMost).optional(), startAt: z.int().nullable().optional() }),
    done,
  ),
  /** Puts an interrupted job back into the queue. */
  'jobs.again': method(z.object({ id: z.string() }), done),
  /** Stops offering an interrupted job. */
  'jobs.dismiss': method(z.object({ id: z.string() }), done),
}

export const appEvents = {
  'jobs.changed': jobEntry,
  'settings.changed': settings,
  /** The host's menu requests an action, or opening a project. */
  'host.action': z.object({ action: z.string() }),
  'host.open': z.object({ folder: z.string() }),
}
