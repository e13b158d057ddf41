/** How many images there are of each kind, for the filters beside the grid. */
import type { Facets } from '#shared/contract/media.ts'
import type { Project } from '../projects/index.ts'

export function mediaFacets({ db }: Project): Facets {
  const number = (sql: string) => Number(db.value(sql) ?? 0)
  const counted = (column: string, table = 'media') =>
    db.all<{ value: string | null; count: number }>(`SELECT ${column} AS value, count(*) AS count FROM ${table} GROUP BY ${column} ORDER BY ${column}`)
  const total = number('SELECT count(*) FROM media')
  const labelled = number('SELECT count(*) FROM media WHERE annotated <> 0')
  const authors = db.all<{ author: string; count: number }>(
    `SELECT author, count(DISTINCT media_id) AS count FROM (SELECT author, media_id FROM region UNION SELECT author, media_id FROM media_label) GROUP BY author`,
  )
  return {
    total,
    labelled,
    unlabelled: total - labelled,
    labels: db.all<{ labelId: number; count: number }>(
      `SELECT label_id AS labelId, count(*) AS count FROM (
         SELECT label_id, media_id FROM region WHERE label_id IS NOT NULL AND state = 'accepted'
         UNION SELECT label_id, media_id FROM media_label WHERE state = 'accepted') GROUP BY label_id`,
    ),
    splits: counted('split'),
    review: counted('review'),
    tags: counted('tag', 'media_tag'),
    authors: authors.map(({ author, count }) => {
      const at = author.indexOf(':')
      return { kind: author.slice(0, at) === 'person' ? ('person' as const) : ('checkpoint' as const), name: author.slice(at + 1), count }
    }),
    proposed: number(`SELECT count(*) FROM (SELECT media_id FROM region WHERE state = 'proposed' UNION SELECT media_id FROM media_label WHERE state = 'proposed')`),
    duplicates: number('SELECT count(*) FROM media WHERE duplicate_group IS NOT NULL'),
  }
}
