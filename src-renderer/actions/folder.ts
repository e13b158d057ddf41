/** Asks for a folder, with the native dialog or, where there is none, with our own. */
import { shallowRef } from 'vue'
import { call } from '../rpc/index.ts'
import { useShell } from '../stores/shell.ts'
import { i18n } from '../locales/index.ts'

export type FolderPurpose = 'open' | 'add' | 'import' | 'export' | 'locate' | 'copy' | 'models' | 'convert'
/** The request that our own dialog answers while it is open. */
export const asked = shallowRef<{ purpose: FolderPurpose; answer(folder: string | null): void } | null>(null)

export async function chooseFolder(purpose: FolderPurpose): Promise<string | null> {
  const title = i18n.global.t(`folder.${purpose}`)
  const choice = await call('dialogs.folder', { title })
  if (choice.status === 'picked') return choice.path
  if (choice.status === 'cancelled') return null
  const shell = useShell()
  const before = shell.dialog
  return new Promise((resolve) => {
    asked.value = {
      purpose,
      answer(folder) {
        asked.value = null
        shell.dialog = before === 'palette' ? null : before
        resolve(folder)
      },
    }
    shell.open('folder')
  })
}
