/** What the import and export dialogs hold, while a folder is being chosen over them. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { FormatEntry } from '#shared/contract/exchange.ts'
import type { FormatName, ImportOptions, ImportReport } from '#shared/model/exchange.ts'
import { call } from '../rpc/index.ts'
import { useProject } from './project.ts'

type Settings = NonNullable<ImportOptions['settings']>

export const useExchange = defineStore('exchange', () => {
  const formats = ref<readonly FormatEntry[]>([])
  const importPath = ref('')
  const importFormat = ref<FormatName | 'auto'>('auto')
  const split = ref<string | null>(null)
  /** Everybody's annotations of an image, rather than one person's. */
  const everyone = ref(false)
  /** Whose second opinion it is; nobody's: it is what the project holds. */
  const opinion = ref('')
  /** What came of the import that the dialog shows. */
  const imported = ref<{ path: string; report: ImportReport } | null>(null)
  /** What is chosen of each format's own settings, by its name; defaults are left out. */
  const importSettings = ref<Record<FormatName, Settings>>({})
  const exportSettings = ref<Record<FormatName, Settings>>({})
  const exportPath = ref('')
  const exportFormat = ref<FormatName>('coco')
  const copyImages = ref(false)
  const onlyFiltered = ref(false)
  /** A place of its own beside the project, until somebody chooses another. */
  const suggested = ref('')
  function suggestPath(): void {
    const { folder } = useProject().opened?.info ?? {}
    if (!folder || (exportPath.value && exportPath.value !== suggested.value)) return
    const stamp = new Date().toISOString().slice(0, 16).replace(/\D/g, '')
    exportPath.value = suggested.value = `${folder.replace(/[\\/]$/, '')}-${exportFormat.value}-${stamp}`
  }
  const entryOf = (name: FormatName) => formats.value.find((f) => f.name === name)
  /** The format's name in this language; until the formats are known, its id. */
  const titleOf = (name: FormatName, locale: string) => entryOf(name)?.title[locale === 'ja' ? 'ja' : 'en'] ?? name
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
