/** The state of the import and export dialogs, kept while a folder dialog covers them. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { FormatEntry } from '#shared/contract/exchange.ts'
import type { FormatName, ImportOptions, ImportReport } from '#shared/model/exchange.ts'
import { wordOf } from '../locales/index.ts'
import { call } from '../rpc/index.ts'
import { useProject } from './project.ts'

type Settings = NonNullable<ImportOptions['settings']>

export const useExchange = defineStore('exchange', () => {
  const formats = ref<readonly FormatEntry[]>([])
  const importPath = ref('')
  const importFormat = ref<FormatName | 'auto'>('auto')
  const split = ref<string | null>(null)
  /** Everyone's annotations of an image instead of one person's. */
  const everyone = ref(false)
  /** Whose second opinion to import; empty to import as the project's own annotations. */
  const opinion = ref('')
  /** The result of the import shown in the dialog. */
  const imported = ref<{ path: string; report: ImportReport } | null>(null)
  /** Format-specific settings by format name, without defaults. */
  const importSettings = ref<Record<FormatName, Settings>>({})
  const exportSettings = ref<Record<FormatName, Settings>>({})
  const exportPath = ref('')
  const exportFormat = ref<FormatName>('coco')
  const copyImages = ref(false)
  const onlyFiltered = ref(false)
  /** A new folder beside the project, until another is chosen. */
  const suggested = ref('')
  function suggestPath(): void {
    const { folder } = useProject().opened?.info ?? {}
    if (!folder || (exportPath.value && exportPath.value !== suggested.value)) return
    const stamp = new Date().toISOString().slice(0, 16).replace(/\D/g, '')
    exportPath.value = suggested.value = `${folder.replace(/[\\/]$/, '')}-${exportFormat.value}-${stamp}`
  }
  const entryOf = (name: FormatName) => formats.value.find((f) => f.name === name)
  /** The format's name; its id until the formats are loaded. */
  const titleOf = (name: FormatName) => {
    const entry = entryOf(name)
    return entry ? wordOf(['format', name, 'title'], entry.title) : name
  }
  const load = async () => void (formats.value = await call('exchange.formats').catch(() => []))
  return {
    formats,
    importPath,
    importFormat,
    split,
    everyone,
    opinion,
    imported,
    importSettings,
    exportSettings,
    entryOf,
    exportPath,
    exportFormat,
    copyImages,
    onlyFiltered,
    titleOf,
    load,
    suggestPath,
  }
})
