/** The journalled tables: their columns, and which of them are part of the dataset's content. */
import type { JournaledTable } from '#shared/model/journal.ts'

interface Table {
  columns: readonly string[]
  /** The column with the id of the row's image; 'id' for images themselves. */
  media: 'id' | 'media_id' | null
  /** Columns that identify the content; view state (colours, keys, hidden, locked) and comments are excluded. */
  content: readonly string[]
  /** Facts about a file: they may change without an edit and do not block undo. */
  facts: readonly string[]
}

export const tables: Record<JournaledTable, Table> = {
  // A folder's path is a fact: it may be moved, or shipped in an archive, without an edit.
  root: { columns: ['path'], media: null, content: [], facts: ['path'] },
  // Labels enter the dataset hash by name, see digest.ts.
  label: {
    columns: ['name', 'colour', 'key', 'synonyms', 'prompts', 'parent_id', 'attributes', 'skeleton'],
    media: null,
    content: [],
    facts: [],
  },
  media: {
    columns: [
      'root_id',
      'path',
      'content_hash',
      'perceptual_hash',
      'width',
      'height',
      'orientation',
      'split',
      'review',
      'duplicate_group',
      'reviewed_by',
      'reviewed_at',
    ],
    media: 'id',
    content: ['path', 'content_hash', 'width', 'height', 'orientation', 'split'],
    facts: ['content_hash', 'perceptual_hash', 'width', 'height', 'orientation', 'duplicate_group'],
  },
  media_label: {
    columns: ['media_id', 'label_id', 'author', 'score', 'state', 'edited_by', 'decided_by', 'prompt'],
    media: 'media_id',
    content: ['author', 'score', 'state'],
    facts: [],
  },
  media_tag: { columns: ['media_id', 'tag'], media: 'media_id', content: ['tag'], facts: [] },
  region: {
    columns: [
      'media_id',
      'label_id',
      'shape',
      'attributes',
      'author',
      'score',
      'state',
      'z',
      'hidden',
      'locked',
      'source',
      'edited_by',
      'decided_by',
      'track',
      'frame',
      'prompt',
    ],
    media: 'media_id',
    // Tracks are excluded, since object identity is not used in training.
    content: ['shape', 'attributes', 'author', 'score', 'state', 'z'],
    facts: [],
  },
  caption: {
    columns: ['media_id', 'region_id', 'text', 'language', 'spans', 'author', 'score', 'state', 'edited_by', 'prompt'],
    media: 'media_id',
    content: ['region_id', 'text', 'language', 'spans', 'author', 'score', 'state'],
    facts: [],
  },
  comment: {
    columns: ['media_id', 'region_id', 'by_name', 'text', 'created', 'resolved', 'x', 'y', 'reply_to'],
    media: 'media_id',
    content: [],
    facts: [],
  },
}

export const tableNames = Object.keys(tables) as JournaledTable[]
/** Tables whose rows belong to an image. */
export const mediaTables = tableNames.filter((t) => tables[t].media === 'media_id')
