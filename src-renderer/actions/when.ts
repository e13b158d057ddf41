/** Conditions that actions share, and how failures are reported. */
import { errorWords } from '../locales/error-words.ts'
import { useGallery } from '../stores/gallery.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useProject } from '../stores/project.ts'
import { useShell, type Dialog } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'

export const always = (): boolean => true
export const opened = (): boolean => useProject().opened !== null
/** Whether an image is open in the Label view. */
export const labelling = (): boolean => opened() && useShell().room === 'label' && useOpenImage().content !== null
export const browsing = (): boolean => opened() && useShell().room === 'data'
/** Whether images are selected in the Data view. */
export const chosen = (): boolean => browsing() && useGallery().selection.size > 0

/** Reports a rejection in a toast; the caller does not wait. */
export const failing = (promise: Promise<unknown>): void => void promise.catch((e: unknown) => useToasts().error(errorWords(e)))

/** Makes an action's `run` that opens a dialog. */
export const dialog = (what: Dialog) => () => void useShell().open(what)
