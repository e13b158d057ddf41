/** What the import and export dialogs hold, while a folder is being chosen over them. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Output } from '#shared/contract.ts'
import type { FormatName, ImportReport } from '#shared/model/exchange.ts'
import { exchangeWords } from '../locales/exchange.ts'
import { call } from '../rpc/index.ts'
import { useProject } from './project.ts'

export const useExchange = defineStore('exchange', () => {
  const formats = ref<Output<'exchange.formats'>>([])
  const importPath = ref('')
  const importFormat = ref<FormatName | 'auto'>('auto')
  const split = ref<string | null>(null)
  /** Everybody's annotations of an image, rather than one person's. */
  const everyone = ref(false)
  /** Whose second opinion it is; nobody's: it is what the project holds. */
  const opinion = ref('')
  /** What came of the import that the dialog shows. */
  const imported = ref<{ path: string; report: ImportReport } | null>(null)
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
  /** The format's name in this language, or its own. */
  const titleOf = (name: FormatName, locale: string) =>
    (exchangeWords[locale] ?? exchangeWords['en']!).formats[name] ?? formats.value.find((f) => f.name === name)?.title ?? name
  const load = async () => void (formats.value = await call('exchange.formats').catch(() => []))
  return {
    formats,
    importPath,
    importFormat,
    split,
    everyone,
    opinion,
    imported,
    exportPath,
    exportFormat,
    copyImages,
    onlyFiltered,
    titleOf,
    load,
    suggestPath,
  }
})
