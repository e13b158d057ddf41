/** Unpacks a zipped dataset. Nothing is written outside the destination folder. */
import { createWriteStream, realpathSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import { dataError, errorLine } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Findings } from './findings.ts'
import { isWithin } from '../../files/places.ts'
import { inWords, ofDisk } from '../../files/words.ts'
import { placeAt, safeEntry, unpacking } from './placed.ts'

/** Limits against zip bombs: the unpacked size, absolute and relative to the archive's. */
const limits = { bytes: 2 ** 40, ratio: 200, smallBytes: 2 ** 26, entries: 10_000_000 }

/**
 * Refuses an archive that would exceed the limits, both beforehand and while unpacking; links and unsafe names are
 * skipped, with a finding each.
 */
export async function unpackZip(file: string, folder: string, findings: Findings, signal?: AbortSignal): Promise<void> {
  const zip = await yauzl.openPromise(file, { decodeStrings: false, validateEntrySizes: true }).catch((e: unknown) => {
    throw dataError(file, sentence('exchange.not-zip', { reason: errorLine(e) }), e)
  })
  const most = Math.max(limits.smallBytes, Math.min(limits.bytes, statSync(file).size * limits.ratio))
  const root = realpathSync(folder)
  let total = 0
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true)
      if (name.endsWith('/')) continue
      const rel = safeEntry(name)
      const kind = (entry.externalFileAttributes >>> 16) & 0o170000
      if (!rel) findings.leave({ file: name }, sentence('finding.leads-outside-archive'))
      else if (kind !== 0 && kind !== 0o100000) findings.leave({ file: name }, sentence('finding.link'))
      else if (entry.generalPurposeBitFlag & 1) findings.leave({ file: name }, sentence('finding.encrypted'))
      else {
        if (total + entry.uncompressedSize > most) throw dataError(file, sentence('exchange.zip-too-large', { most }))
        const to = path.join(root, rel)
        const beside = unpacking(root)
        // Only someone else could have replaced an entry's folder with a link; checked all the same.
        if (!isWithin(path.dirname(to), [root])) throw dataError(file, sentence('exchange.zip-leads-outside', { name }))
        const count = new Transform({
          transform(chunk: Buffer, _, done) {
            total += chunk.length
            done(total > most ? dataError(file, sentence('exchange.zip-too-large', { most })) : null, chunk)
          },
        })
        try {
          await pipeline((await zip.openReadStreamPromise(entry)) as Readable, count, createWriteStream(beside))
          if ((await placeAt(folder, to, beside)) === 'taken') findings.leave({ file: name }, sentence('finding.exists-kept'))
        } catch (e) {
          if ((e instanceof Error && e.name === 'DashiError') || ofDisk(e)) throw e
          const told = inWords(e)
          findings.leave(
            { file: name },
            told === e ? sentence('finding.damaged', { reason: e instanceof Error ? e.message : String(e) }) : errorLine(told),
          )
        } finally {
          rmSync(beside, { force: true })
        }
      }
      if (zip.entriesRead > limits.entries) throw dataError(file, sentence('exchange.zip-too-many', { most: limits.entries }))
    }
  } finally {
    zip.close()
  }
}
