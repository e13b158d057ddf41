/** The database schema, as numbered migrations from an empty file; a released migration is never edited. */

export const migrations: readonly { version: number; sql: string }[] = [
  {
    version: 1,
    sql: `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Journaled tables. Ids are never used twice, so an undone deletion can always have its id back.
CREATE TABLE root (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE);
CREATE TABLE label (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, colour TEXT NOT NULL, key TEXT,
  synonyms TEXT NOT NULL, prompts TEXT NOT NULL, parent_id INTEGER REFERENCES label(id));
CREATE TABLE media (
  id INTEGER PRIMARY KEY AUTOINCREMENT, root_id INTEGER NOT NULL REFERENCES root(id), path TEXT NOT NULL,
  content_hash TEXT, perceptual_hash TEXT, width INTEGER, height INTEGER, orientation INTEGER NOT NULL,
  split TEXT, review TEXT NOT NULL, duplicate_group INTEGER,
  annotated INTEGER NOT NULL DEFAULT 0, -- derived: has it an accepted region or image label?
  UNIQUE (root_id, path));
CREATE TABLE media_label (
  id INTEGER PRIMARY KEY AUTOINCREMENT, media_id INTEGER NOT NULL REFERENCES media(id), label_id INTEGER NOT NULL REFERENCES label(id),
  author TEXT NOT NULL, score REAL, state TEXT NOT NULL, UNIQUE (media_id, label_id, author));
CREATE TABLE media_tag (
  id INTEGER PRIMARY KEY AUTOINCREMENT, media_id INTEGER NOT NULL REFERENCES media(id), tag TEXT NOT NULL, UNIQUE (media_id, tag));
CREATE TABLE region (
  id INTEGER PRIMARY KEY AUTOINCREMENT, media_id INTEGER NOT NULL REFERENCES media(id), label_id INTEGER REFERENCES label(id),
  shape TEXT NOT NULL, attributes TEXT NOT NULL, author TEXT NOT NULL, score REAL, state TEXT NOT NULL,
  z INTEGER NOT NULL, hidden INTEGER NOT NULL, locked INTEGER NOT NULL);
CREATE TABLE caption (
  id INTEGER PRIMARY KEY AUTOINCREMENT, media_id INTEGER NOT NULL REFERENCES media(id), region_id INTEGER REFERENCES region(id),
  text TEXT NOT NULL, language TEXT, spans TEXT NOT NULL, author TEXT NOT NULL, score REAL, state TEXT NOT NULL);
CREATE TABLE comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, media_id INTEGER NOT NULL REFERENCES media(id), region_id INTEGER REFERENCES region(id),
  by_name TEXT NOT NULL, text TEXT NOT NULL, created INTEGER NOT NULL, resolved INTEGER NOT NULL);

CREATE INDEX media_split ON media (split, id);
CREATE INDEX media_review ON media (review, id) WHERE review <> 'unreviewed';
CREATE INDEX media_content ON media (content_hash, id) WHERE content_hash IS NOT NULL;
CREATE INDEX media_duplicate ON media (id) WHERE duplicate_group IS NOT NULL;
CREATE INDEX media_unlabelled ON media (id) WHERE annotated = 0;
CREATE INDEX media_label_label ON media_label (label_id, media_id, state, author, score);
CREATE INDEX media_label_author ON media_label (author, media_id, score, state);
CREATE INDEX media_label_media ON media_label (media_id, author, score, state);
CREATE INDEX media_tag_tag ON media_tag (tag, media_id);
-- Covering: the filters on regions never read the rows with their shapes.
CREATE INDEX region_media ON region (media_id, label_id, state, author, score);
CREATE INDEX region_label ON region (label_id, media_id, state, author, score);
CREATE INDEX region_author ON region (author, media_id, score, state);
CREATE INDEX region_open ON region (state, media_id, author, score) WHERE state <> 'accepted';
CREATE INDEX region_score ON region (score, media_id, state, author) WHERE score IS NOT NULL;
CREATE INDEX caption_media ON caption (media_id);
CREATE INDEX caption_region ON caption (region_id) WHERE region_id IS NOT NULL;
CREATE INDEX comment_media ON comment (media_id);

-- Any part of a caption, in any script: a trigram index. One document an image (all its captions), so that matches come in
-- the order of images; it holds no texts itself and is kept up by search.ts.
CREATE VIRTUAL TABLE caption_text USING fts5 (text, content = '', tokenize = 'trigram');

-- The journal. undone: 0 no, 1 yes, 2 yes and never to be redone. last: the newest entry that undid or redid it.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ref INTEGER REFERENCES journal(seq), action TEXT NOT NULL,
  by_name TEXT NOT NULL, at INTEGER NOT NULL, media_count INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
  last INTEGER NOT NULL DEFAULT 0);
CREATE INDEX journal_undo ON journal (seq) WHERE kind = 'do' AND undone = 0;
CREATE INDEX journal_redo ON journal (last) WHERE kind = 'do' AND undone = 1;
CREATE TABLE journal_change (
  seq INTEGER NOT NULL REFERENCES journal(seq), part INTEGER NOT NULL, changes TEXT NOT NULL, UNIQUE (seq, part));
CREATE TABLE journal_media (
  media_id INTEGER NOT NULL, seq INTEGER NOT NULL REFERENCES journal(seq), PRIMARY KEY (media_id, seq)) WITHOUT ROWID;

-- Sums of row hashes, one per label; 0: rows without a label.
CREATE TABLE digest (label_id INTEGER PRIMARY KEY, sum TEXT NOT NULL);
CREATE TABLE snapshot (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, dataset_hash TEXT NOT NULL, by_name TEXT NOT NULL,
  at INTEGER NOT NULL) WITHOUT ROWID;

-- What was made from the data; facts that are appended and never undone.
CREATE TABLE run (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, recipe TEXT, settings TEXT NOT NULL, dataset_hash TEXT NOT NULL, seq INTEGER NOT NULL,
  status TEXT NOT NULL, metrics TEXT NOT NULL, folder TEXT, error TEXT, created INTEGER NOT NULL, finished INTEGER);
CREATE TABLE checkpoint (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, run_id TEXT REFERENCES run(id), folder TEXT NOT NULL,
  metrics TEXT NOT NULL, created INTEGER NOT NULL);
CREATE INDEX checkpoint_run ON checkpoint (run_id);
`,
  },
  {
    version: 2,
    sql: `
-- Which object of an imported file a region is, so that it is known again after it was edited; see ingest.ts.
ALTER TABLE region ADD COLUMN source TEXT;
-- Entries made in several transactions that are one step of undo: the position of the first of them.
ALTER TABLE journal ADD COLUMN grp INTEGER;
CREATE INDEX journal_group ON journal (grp) WHERE grp IS NOT NULL;
DROP INDEX journal_undo;
CREATE INDEX journal_undo ON journal (coalesce(grp, seq)) WHERE kind = 'do' AND undone = 0;
`,
  },
  {
    version: 3,
    sql: `
-- What decoding a file showed: what is wrong with it, or nothing. Found out anew whenever the file is another than that of the stamp,
-- so it is in no journal, and goes with its image.
CREATE TABLE media_file (media_id INTEGER PRIMARY KEY, stamp TEXT NOT NULL, problem TEXT);
CREATE INDEX media_file_problem ON media_file (media_id) WHERE problem IS NOT NULL;
-- The folder of an image as it stands in media-query.ts, with a slash at its end; '' at the top.
CREATE INDEX media_folder ON media (root_id, rtrim(path, replace(path, '/', '')), id);
  `,
  },
  {
    version: 4,
    sql: `
-- Typed attributes of a label as JSON; NULL where it has none, as in every entry of the journal before this version.
ALTER TABLE label ADD COLUMN attributes TEXT;
`,
  },
  {
    version: 5,
    sql: `
-- The object that a region shows through the images of a numbered sequence, by number; and whether a person left it so ('key', 'end')
-- or it was worked out from such ones ('between'). NULL: of no track, as every region of before.
ALTER TABLE region ADD COLUMN track INTEGER;
ALTER TABLE region ADD COLUMN frame TEXT;
CREATE INDEX region_track ON region (track, media_id, frame, label_id) WHERE track IS NOT NULL;
-- Not NULL: an entry of several images that hang together, undone as one from any of them.
ALTER TABLE journal ADD COLUMN whole INTEGER;
`,
  },
  {
    version: 6,
    sql: `
-- The named points of a label's regions as JSON; NULL where it has none, as in every entry of the journal before this version.
ALTER TABLE label ADD COLUMN skeleton TEXT;
-- Sets of regions that are placed by one key. Tools, not data: they are in no journal and no hash.
CREATE TABLE template (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, width REAL NOT NULL, height REAL NOT NULL, regions TEXT NOT NULL);
`,
  },
  {
    version: 7,
    sql: `
-- Who changed it last, whoever made it; NULL where nobody did, or before this version. And who decided between two authors' versions of it.
ALTER TABLE region ADD COLUMN edited_by TEXT;
ALTER TABLE region ADD COLUMN decided_by TEXT;
ALTER TABLE media_label ADD COLUMN edited_by TEXT;
ALTER TABLE media_label ADD COLUMN decided_by TEXT;
ALTER TABLE caption ADD COLUMN edited_by TEXT;
-- Of the review state: by whom and when.
ALTER TABLE media ADD COLUMN reviewed_by TEXT;
ALTER TABLE media ADD COLUMN reviewed_at INTEGER;
-- A place on the image, in its pixels; and the comment that a reply answers.
ALTER TABLE comment ADD COLUMN x REAL;
ALTER TABLE comment ADD COLUMN y REAL;
ALTER TABLE comment ADD COLUMN reply_to INTEGER REFERENCES comment(id);
CREATE INDEX comment_open ON comment (media_id, id) WHERE resolved = 0;
CREATE INDEX comment_reply ON comment (reply_to) WHERE reply_to IS NOT NULL;
`,
  },
  {
    version: 8,
    sql: `
-- The queue of long operations; see queue.ts. In no journal and no hash. owner: the process that carries it out, as its lock names it.
CREATE TABLE job (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, lane TEXT NOT NULL, status TEXT NOT NULL, subject TEXT NOT NULL, request TEXT NOT NULL,
  by_name TEXT NOT NULL, run_id TEXT REFERENCES run(id), owner TEXT, error TEXT, result TEXT,
  created INTEGER NOT NULL, started INTEGER, finished INTEGER);
CREATE INDEX job_status ON job (status);
CREATE INDEX job_run ON job (run_id) WHERE run_id IS NOT NULL;
`,
  },
  {
    version: 9,
    sql: `
-- What the author, a checkpoint, was asked by; NULL where nothing was asked, and before this version.
ALTER TABLE region ADD COLUMN prompt TEXT;
ALTER TABLE media_label ADD COLUMN prompt TEXT;
ALTER TABLE caption ADD COLUMN prompt TEXT;
`,
  },
  {
    version: 10,
    sql: `
-- Of waiting jobs: those of a higher priority come first, and none before its time (ms since 1970; NULL: at once).
ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN start_at INTEGER;
`,
  },
  {
    version: 11,
    sql: `
-- What people say about a run. Tools, not data: in no journal and no hash.
CREATE TABLE run_note (
  run_id TEXT PRIMARY KEY REFERENCES run(id), name TEXT, note TEXT NOT NULL, tags TEXT NOT NULL, pinned INTEGER NOT NULL);
`,
  },
]

export const schemaVersion = migrations.at(-1)!.version
