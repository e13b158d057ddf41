/**
 * Messages between the desktop windows and the application when it is a separate process: the pages' calls and events
 * unchanged, pixels, and what the native side needs to know or do. Messages are JSON, because the processes may run
 * different versions of V8, and an older one rejects a newer one's cloned objects.
 */
import { z } from 'zod'
import { folderChoice, settings } from './app.ts'

const number = z.int().nonnegative()
/** An action of the native menu, or a project that the system asks to open. */
export const desktopEvent = z.union([z.object({ action: z.string() }), z.object({ open: z.string() })])
export type DesktopEvent = z.infer<typeof desktopEvent>

/** State shown in the native menu. */
export const menuState = z.object({
  language: settings.shape.language,
  recent: z.array(z.object({ name: z.string(), folder: z.string() })),
})
export type MenuState = z.infer<typeof menuState>

export const toApplication = z.discriminatedUnion('type', [
  /** The first message. `project`: what a starting page opens; sent again whenever another one is requested. */
  z.object({
    type: z.literal('begin'),
    configFolder: z.string(),
    cacheFolder: z.string(),
    dataFolder: z.string(),
    version: z.string(),
    project: z.string().nullable(),
  }),
  z.object({ type: z.literal('project'), project: z.string().nullable() }),
  /** A page's port: opened, a message, or closed. */
  z.object({ type: z.literal('attach'), page: number }),
  z.object({ type: z.literal('said'), page: number, message: z.unknown() }),
  z.object({ type: z.literal('left'), page: number }),
  /** A request for pixels by path; cancelled if the page no longer needs it. */
  z.object({ type: z.literal('request'), id: number, path: z.string() }),
  z.object({ type: z.literal('abort'), id: number }),
  z.object({ type: z.literal('picked'), id: number, choice: folderChoice }),
  z.object({ type: z.literal('tell'), event: desktopEvent }),
  /** Saves the state of running jobs and exits. */
  z.object({ type: z.literal('close') }),
])
export type ToApplication = z.infer<typeof toApplication>

export const fromApplication = z.discriminatedUnion('type', [
  /** Sent initially and on every change. */
  z.object({ type: z.literal('state'), state: menuState }),
  z.object({ type: z.literal('tell'), page: number, message: z.unknown() }),
  z.object({ type: z.literal('hang-up'), page: number }),
  z.object({
    type: z.literal('response'),
    id: number,
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    /** Base64. */ body: z.string(),
  }),
  /** Opens a native dialog. */
  z.object({ type: z.literal('pick'), id: number, title: z.string(), start: z.string().optional() }),
  /** It could not start and exits. */
  z.object({ type: z.literal('failed'), message: z.string() }),
])
export type FromApplication = z.infer<typeof fromApplication>
