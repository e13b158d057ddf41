/** Turns system errors into messages that name the path. */
import { statfsSync } from 'node:fs'
import { sep } from 'node:path'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import { sentence, type SentenceCode } from '#shared/sentences/table.ts'

const reasons = {
  ENOENT: 'system.enoent',
  EEXIST: 'system.eexist',
  EACCES: 'system.eacces',
  EPERM: 'system.eperm',
  EISDIR: 'system.eisdir',
  ENOTDIR: 'system.enotdir',
  ENOTEMPTY: 'system.enotempty',
  ENOSPC: 'system.enospc',
  EDQUOT: 'system.edquot',
  EROFS: 'system.erofs',
  EFBIG: 'system.efbig',
  EIO: 'system.eio',
  EMFILE: 'system.emfile',
  ENFILE: 'system.enfile',
  ELOOP: 'system.eloop',
  ENAMETOOLONG: 'system.enametoolong',
  EBUSY: 'system.ebusy',
  ETXTBSY: 'system.ebusy',
  EXDEV: 'system.exdev',
  EINVAL: 'system.einval',
  EILSEQ: 'system.eilseq',
  ENODEV: 'system.enodev',
  ENXIO: 'system.enodev',
  ESTALE: 'system.estale',
  ENOTCONN: 'system.estale',
} as const satisfies Record<string, SentenceCode>
const reasonOf = (code: string | undefined) => (code && Object.hasOwn(reasons, code) ? reasons[code as keyof typeof reasons] : undefined)

/** Failures of a whole disk or of this process, which are clear without a path. */
const whole = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE'])

interface Failure extends Error {
  code?: unknown
  path?: unknown
  dest?: unknown
  syscall?: unknown
}

const codeOf = (e: unknown) => (e instanceof DashiError ? undefined : String((e as Failure | null | undefined)?.code ?? ''))

/** Turns a system call's failure on `file` into one line; returns other errors unchanged. */
export const ioError = (file: string, verb: 'read' | 'written', e: unknown): unknown => {
  const code = codeOf(e)
  const reason = reasonOf(code)
  if (!reason) return e
  return dataError(
    file,
    code === 'ENOENT' && verb === 'read'
      ? sentence(reason)
      : sentence(verb === 'read' ? 'file.cannot-read' : 'file.cannot-write', { reason: sentence(reason) }),
    e,
  )
}

const writing = /^(mkdir|mkdtemp|rename|copyfile|write|fsync|ftruncate|truncate|unlink|rm|rmdir|link|symlink|chmod|utime|futime|lutime)/

/**
 * Turns an error of a system call, of SQLite or of a library passing them on into one line that names the path and the
 * problem. Other errors, including bugs in the program, are returned unchanged.
 */
export function inWords(e: unknown): unknown {
  if (!(e instanceof Error) || e instanceof DashiError) return e
  const { code: given, path, dest, syscall } = e as Failure
  const code = String(given ?? '')
  const reason = reasonOf(code)
  if (reason && !String(syscall ?? '').startsWith('spawn')) {
    const at = (code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'EXDEV') && typeof dest === 'string' ? dest : path
    if (typeof at === 'string' && at !== '') return ioError(at, writing.test(String(syscall)) ? 'written' : 'read', e)
    if (whole.has(code)) return new DashiError('data', sentence(reason), { cause: e })
  }
  if (code === 'ERR_INVALID_ARG_VALUE' && /null bytes/.test(e.message)) return userError(sentence('file.nul'), e)
  if (diskFull(e)) return new DashiError('data', sentence('system.enospc'), { cause: e })
  if (code.startsWith('SQLITE_IOERR')) return new DashiError('data', sentence('file.disk-error', { said: e.message }), { cause: e })
  if (code.startsWith('SQLITE_READONLY')) return new DashiError('data', sentence('file.project-read-only'), { cause: e })
  return e
}

/** Whether a disk or quota is full, as reported by the system, SQLite, libvips, or in an error caused by one of them. */
export function diskFull(e: unknown): boolean {
  for (let at = e, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = String((at as Failure).code ?? '')
    if (
      code === 'ENOSPC' ||
      code === 'EDQUOT' ||
      code === 'SQLITE_FULL' ||
      /no space left on (the )?device|database or disk is full|disk quota exceeded/i.test(at.message)
    )
      return true
  }
  return false
}

/** Whether the disk lacks the minimum space SQLite needs, which SQLite reports as a disk I/O error. */
export function nearlyFull(folder: string): boolean {
  try {
    const { blocks, bavail, bsize } = statfsSync(folder)
    return blocks > 0 && bavail * bsize < 1 << 17
  } catch {
    return false
  }
}

/** Whether the process as a whole, or a full disk, is at fault rather than the file being read. */
export function ofProcess(e: unknown): boolean {
  for (let at = e, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(String((at as Failure).code ?? ''))) return true
  return diskFull(e)
}

/** Whether the failure is not specific to the current file: the next file would fail too. */
export const ofDisk = (e: unknown): boolean => diskFull(e) || whole.has(codeOf(e) ?? '')

/** Whether `folder`, or a path below it, is not writable: a read-only file system, or another user's folder. */
export function notWritable(e: unknown, folder: string): boolean {
  for (let at = e, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code, path, dest } = at as Failure
    if (code === 'EROFS' || String(code).startsWith('SQLITE_READONLY')) return true
    if (
      (code === 'EACCES' || code === 'EPERM') &&
      [path, dest].some((p) => typeof p === 'string' && (p === folder || p.startsWith(folder + sep) || folder.startsWith(p + sep)))
    )
      return true
  }
  return false
}
