import path from 'node:path'
import type { modelMethods } from '#shared/contract/models.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { planConversion } from '../../hub/conversion.ts'
import { hubOf } from '../../hub/place.ts'
import { planOf } from '../../hub/plan.ts'
import { cardOf, forget, removeModel, standingOf } from '../../hub/shelf.ts'
import { forgetToken, saveToken } from '../../hub/token.ts'
import { isProjectFolder } from '../../../files/project-files.ts'
import { checkpointsIn } from '../../merging/model-folders.ts'
import { listModels } from '../../merging/models.ts'
import { shelfFolders, shelfOf, usedBy } from '../../merging/shelf.ts'
import { openProject, type Project } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

/** A question of a window to the hub is given up after so long, in ms; its attempts end sooner as a rule. */
const PATIENCE = 120_000

/** How many runs of a project that is not open were made from a model; none if it cannot be opened. */
function runsIn(project: string, model: string): number {
  if (!isProjectFolder(project)) return 0
  let open: Project | undefined
  try {
    open = openProject(project, { readOnly: true })
    return usedBy(open, model).length
  } catch {
    return 0
  } finally {
    open?.close()
  }
}

export const modelHandlers = ({ options: { models }, preferences }: Parts): HandlersOf<typeof modelMethods> => {
  /** Only folders that are listed: a window names none that it was not told of. */
  const listed = (folder: string): string => {
    const found = shelfFolders(models).find(({ dir }) => path.resolve(dir) === path.resolve(folder))
    if (!found) throw userError(sentence('hub.unknown-model', { folder }))
    return found.dir
  }
  return {
    'models.list': (_input, { project }) => listModels(models, project),
    'models.shelf': () => shelfOf(models),
    'models.look': async ({ folder }) => ({
      ...(await models.engine.ask({ kind: 'report', model: path.resolve(folder) })),
      models: checkpointsIn([folder]).length,
    }),
    'models.card': ({ folder }) => ({ text: cardOf(listed(folder)) }),
    'models.plan': async (asked) => {
      // What only the download itself needs, and the token before all, stays here.
      const { hashed: _, token: __, ...plan } = await planOf(hubOf(models), asked, AbortSignal.timeout(PATIENCE))
      return plan
    },
    'models.download': (request, client) => client.queue('download', request, { subject: request.name }),
    'models.conversion': ({ source }) => planConversion(hubOf(models), source),
    'models.convert': (request, client) => {
      planConversion(hubOf(models), request.source, request.name)
      return client.queue('convert', { ...request, source: path.resolve(request.source) }, { subject: request.name })
    },
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
    'models.used': ({ folder }, { project }) => {
      const others = preferences.recent.filter((r) => path.resolve(r.folder) !== path.resolve(project.folder))
      const elsewhere = others.map((r) => ({ project: r.name, runs: runsIn(r.folder, folder) }))
      return { runs: usedBy(project, folder), elsewhere: elsewhere.filter(({ runs }) => runs > 0) }
    },
    'models.delete': async ({ folder }) => {
      await removeModel(hubOf(models), listed(folder))
      return null
    },
  }
}
