import type { mediaMethods } from '#shared/contract/media.ts'
import { removeMedia } from '../../annotations/index.ts'
import { mediaFacets } from '../../media/facets.ts'
import { orderedIds, mediaRows } from '../../media/rows.ts'
import { ensureSize } from '../../media/scan.ts'
import { imageContent } from '../../projects/index.ts'
import type { App } from '../app.ts'
import type { HandlersOf } from './index.ts'

export const mediaHandlers = (_: App): HandlersOf<typeof mediaMethods> => ({
  'media.ids': ({ filter, sort }, { project }) => ({ ids: orderedIds(project, filter, sort) }),
  'media.rows': ({ ids }, { project }) => mediaRows(project, ids),
  'media.facets': (_input, { project }) => mediaFacets(project),
  'media.content': async ({ id }, { project }) => {
    await ensureSize(project, id)
    return imageContent(project, id)
  },
  'media.remove': ({ ids }, client) => {
    removeMedia(client.project, ids)
    client.annotated('remove images', ids)
    client.tell('project.changed', { what: ['media'] })
    return null
  },
})
