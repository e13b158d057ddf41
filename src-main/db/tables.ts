/** The journaled tables: their columns, and which of them count as the dataset's content. */
import type { JournaledTable } from '#shared/model/journal.ts'

interface Table {
  columns: readonly string[]
  /** The column that names the image a row belongs to; 'id' for the image itself. */
  media: 'id' | 'media_id' | null
  /** Columns that identify the content; view state (colours, keys, hidden, locked) and talk are left out. */
  content: readonly string[]
  /** Facts about a file: they may change without an edit, and do not get in the way of undo. */
  facts: readonly string[]
}

export const tables: Record<JournaledTable, Table> = {
  // Where a folder lies is a fact: it may be moved, or passed on in an archive, without an edit.
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
    columns: ['media_id', 'label_id', 'author', 'score', 'state', 'edited_by', 'decided_by'],
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
    ],
    media: 'media_id',
    // Tracks are left out: which regions show the same object is not taught to a model.
    content: ['shape', 'attributes', 'author', 'score', 'state', 'z'],
    facts: [],
  },
  caption: {
    columns: ['media_id', 'region_id', 'text', 'language', 'spans', 'author', 'score', 'state', 'edited_by'],
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
