/** Handles files and folders dropped on the window. */
import { shallowRef } from 'vue'
import { call } from '../rpc/index.ts'
import { useExchange } from '../stores/exchange.ts'
import { useProject } from '../stores/project.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import { bulk } from './bulk.ts'
import { offersFor, type Offer } from './offers.ts'

/** The offers shown in the dialog. */
export const dropped = shallowRef<{ offers: Offer[]; more: number }>({ offers: [], more: 0 })

export async function take(paths: readonly string[]): Promise<void> {
  const [toasts, project, shell, exchange] = [useToasts(), useProject(), useShell(), useExchange()]
  if (!paths.length) return toasts.say('drop.missing')
  const known = (await call('files.look', { paths: paths.slice(0, 10_000) })).filter((d) => d.kind !== 'missing')
  if (!known.length) return toasts.say('drop.missing')
  if (shell.dialog === 'import' && known.length === 1) return void (exchange.importPath = known[0]!.path)
  const { offers, alone, more } = offersFor(known, project.opened !== null)
  if (!offers.length) return toasts.say('drop.nothingToDo')
  if (alone) return accept(offers[0]!)
  dropped.value = { offers, more }
  shell.open('dropped')
}

export async function accept(offer: Offer): Promise<void> {
  const [toasts, project, shell, exchange] = [useToasts(), useProject(), useShell(), useExchange()]
  shell.close()
  const importFrom = (file: string) => {
    exchange.importPath = file
    shell.open('import')
  }
  switch (offer.kind) {
    case 'openProject':
    case 'openFolder':
    case 'openParent':
      return project.open(offer.folder)
    case 'addFolders':
      for (const folder of offer.folders) await bulk.addFolder(folder)
      return
    case 'addImages': {
      const { jobId } = await call('projects.add-images', { files: offer.files })
      void project.watchScan(jobId, offer.files[0]!)
      return toasts.say('drop.adding', { count: offer.files.length })
    }
    case 'import':
    case 'importFolder':
      return importFrom(offer.file)
    case 'importThere':
      await project.open(offer.folder)
      return importFrom(offer.file)
  }
}
