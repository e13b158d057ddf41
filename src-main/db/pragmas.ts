/** Pragmas executed on each new connection. */

/**
 * WAL lets readers work alongside the single writer. synchronous=FULL syncs the log at every commit, so that an edit
 * is durable when the call returns, even after kill -9 or a power cut; measured at about half a millisecond on an
 * SSD, well within the 10 ms budget of an edit. The log is truncated to 64 MB after a bulk import.
 */
export const writing = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA busy_timeout = 5000;
  PRAGMA cache_size = -65536;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 67108864;
`

/**
 * A file from somebody else is data, not a program: its views and triggers may not call functions, and its cells are
 * checked.
 */
export const careful = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;'

export const reading = 'PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -65536'
