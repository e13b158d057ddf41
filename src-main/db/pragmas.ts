/** What each connection is told before its first statement. */

/**
 * WAL lets readers go on beside the one writer. synchronous=FULL syncs the log at every commit, so that an edit is durable when
 * the call returns, against kill -9 and against a power cut; measured at about half a millisecond on an SSD, well within
 * the 10 ms an edit may take. The log is cut back to 64 MB after a bulk import.
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

/** What lies in a file that somebody else made is data, not a program: its views and triggers call no functions, and cells are looked at. */
export const careful = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;'

export const reading = 'PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -65536'
