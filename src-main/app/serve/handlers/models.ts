import path from 'node:path'
import type { modelMethods } from '#shared/contract/models.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { hubOf } from '../../hub/place.ts'
import { planOf } from '../../hub/plan.ts'
import { cardOf, forget, removeModel, standingOf } from '../../hub/shelf.ts'
import { forgetToken, saveToken } from '../../hub/token.ts'
import { listModels } from '../../merging/models.ts'
import { shelfFolders, shelfOf, usedBy } from '../../merging/shelf.ts'
import type { HandlersOf, Parts } from '../parts.ts'

/** A question of a window to the hub is given up after so long, in ms; its attempts end sooner as a rule. */
const PATIENCE = 120_000

export const modelHandlers = ({ options: { models } }: Parts): HandlersOf<typeof modelMethods> => {
  /** Only folders that are listed: a window names none that it was not told of. */
  const listed = (folder: string): string => {
    const found = shelfFolders(models).find(({ dir }) => path.resolve(dir) === path.resolve(folder))
    if (!found) throw userError(sentence('hub.unknown-model', { folder }))
    return found.dir
  }
  return {
    'models.list': (_input, { project }) => listModels(models, project),
    'models.shelf': () => shelfOf(models),
    'models.look': ({ folder }) => models.engine.ask({ kind: 'report', model: path.resolve(folder) }),
    'models.card': ({ folder }) => ({ text: cardOf(listed(folder)) }),
    'models.plan': async (asked) => {
      // What only the download itself needs, and the token before all, stays here.
      const { hashed: _, token: __, ...plan } = await planOf(hubOf(models), asked, AbortSignal.timeout(PATIENCE))
      return plan
    },
    'models.download': (request, client) => client.queue('download', request, { subject: request.name }),
    'models.forget': ({ name }) => {
      forget(hubOf(models), name)
      return null
    },
    'models.token': async ({ token }) => {
      const place = hubOf(models)
      if (token === null) await forgetToken(place)
      else await saveToken(place, token)
      return standingOf(place)
    },
    'models.used': ({ folder }, { project }) => ({ runs: usedBy(project, folder) }),
    'models.delete': async ({ folder }) => {
      await removeModel(hubOf(models), listed(folder))
      return null
    },
  }
}
