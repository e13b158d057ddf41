/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of what can be previewed: every record in `tasks/`. */
import type { PreviewTask } from './task.ts'

const files = import.meta.glob<PreviewTask>('./tasks/*.ts', { import: 'default', eager: true })
export const previewTasks: readonly PreviewTask[] = Object.values(files).sort((a, b) => a.order - b.order)
