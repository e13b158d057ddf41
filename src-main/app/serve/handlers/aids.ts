import type { aidMethods } from '#shared/contract/aids.ts'
import * as aids from '../../aids/index.ts'
import type { Client } from '../client.ts'
import type { HandlersOf } from '../parts.ts'

const changed = (client: Client) => {
  client.tell('project.changed', { what: ['aids'] })
  return null
}

export const aidHandlers = (): HandlersOf<typeof aidMethods> => ({
  'aids.get': (_, { project }) => ({ scale: aids.scaleOf(project), templates: aids.listTemplates(project) }),
  'scale.set': ({ scale }, client) => {
    aids.setScale(client.project, scale)
    return changed(client)
  },
  'templates.save': (given, client) => {
    const saved = aids.saveTemplate(client.project, given)
    changed(client)
    return saved
  },
  'templates.rename': ({ id, name }, client) => {
    aids.renameTemplate(client.project, id, name)
    return changed(client)
  },
  'templates.remove': ({ id }, client) => {
    aids.removeTemplate(client.project, id)
    return changed(client)
  },
})
