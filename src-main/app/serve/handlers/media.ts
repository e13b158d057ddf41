import type { mediaMethods } from '#shared/contract/media.ts'
import { removeMedia } from '../../annotations/index.ts'
import { mediaFacets, rootFolders } from '../../media/facets.ts'
import { idsInOrder, mediaRows } from '../../media/rows.ts'
import { ensureSize } from '../../media/scan.ts'
import { runWork } from '../../work/client.ts'
import { unreadableMedia } from '../../../db/media-file.ts'
import { imageContent } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const mediaHandlers = (_: Parts): HandlersOf<typeof mediaMethods> => ({
  'media.ids': ({ filter, sort, first }, { project }) => idsInOrder(project, filter, sort, first),
  'media.rows': ({ ids }, { project }) => mediaRows(project, ids),
  'media.facets': async ({ filter, exact }, { project }) => {
    const facets = mediaFacets(project, filter)
    return exact && facets.approximate ? runWork(project, { kind: 'facets', filter }) : facets
  },
  'media.roots': (_input, { project }) => rootFolders(project),
  'media.unreadable': (_input, { project }) => unreadableMedia(project.db),
  'media.check': (_input, client) => ({ jobId: client.queue('check', {}).jobId }),
  'media.content': async ({ id }, { project }) => {
    // Annotations can be viewed and edited even if the image's file is unreadable.
    await ensureSize(project, id).catch(() => undefined)
    return imageContent(project, id)
  },
  'media.remove': ({ ids }, client) => {
    removeMedia(client.project, ids)
    client.annotated('remove images', ids)
    client.tell('project.changed', { what: ['media'] })
    return null
  },
})
