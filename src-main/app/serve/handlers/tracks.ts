import type { trackMethods } from '#shared/contract/tracks.ts'
import { latestImages } from '../../../db/journal.ts'
import * as tracks from '../../annotations/tracks.ts'
import type { Client } from '../client.ts'
import type { HandlersOf } from '../parts.ts'

/** Reports every image the edit touched: a track may extend far beyond the open image. */
const told = (client: Client, action: string) => {
  client.annotated(action, latestImages(client.project.db))
  return null
}

export const trackHandlers = (): HandlersOf<typeof trackMethods> => ({
  'tracks.list': ({ mediaId, always }, { project }) => tracks.listTracks(project, mediaId, always),
  'tracks.make': ({ ids, through }, client) => {
    tracks.makeTracks(client.project, ids, through)
    return told(client, 'track region')
  },
  'tracks.key': ({ ids, key }, client) => {
    tracks.setKeyFrames(client.project, ids, key)
    return told(client, 'key frame')
  },
  'tracks.end': ({ ids, ended }, client) => {
    tracks.endTracks(client.project, ids, ended)
    return told(client, 'end track')
  },
  'tracks.interpolate': ({ ids }, client) => {
    tracks.interpolateRegions(client.project, ids)
    return told(client, 'interpolate')
  },
  'tracks.remove': ({ ids }, client) => {
    tracks.removeTracks(client.project, ids)
    return told(client, 'remove track')
  },
})
