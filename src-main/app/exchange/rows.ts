/** Reads files of rows: delimited tables in the encodings that spreadsheets use, and JSON lines. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline, Readable } from 'node:stream'
import { parse as parseCsv } from 'csv-parse'
import { parse as parseNow } from 'csv-parse/sync'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Said } from './findings.ts'
import { bytesOf } from './bytes.ts'
import { parsePythonJson } from './json.ts'

export interface Fields {
  fields: string[]
  line: number
}

/** From the byte order mark; without one UTF-8 or, if the bytes are not valid UTF-8, Windows-1252. */
export function encodingOf(file: string): 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' {
  const start = bytesOf(file, 1 << 16)
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}

/** The beginning of the file as text, in whatever encoding. */
export const beginning = (file: string, bytes = 1 << 16) => new TextDecoder(encodingOf(file)).decode(bytesOf(file, bytes), { stream: true })

const options = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: 1 << 26 } as const

/** The first rows of a text when split by this delimiter. */
export function firstRows(text: string, delimiter: string, n: number): string[][] {
  const whole = text.length >= 1 << 15 ? text.slice(0, text.lastIndexOf('\n') + 1) || text : text
  try {
    return parseNow(whole, { ...options, delimiter, to: n, ...quoteFor(delimiter) })
  } catch {
    return []
  }
}

/** In tab-separated text, as with captions, quotation marks are literal unless they enclose the field. */
const quoteFor = (delimiter: string) => (delimiter === '\t' ? { quote: false as const } : {})

async function* decoded(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encodingOf(file))
  for await (const chunk of createReadStream(file)) yield decoder.decode(chunk as Buffer, { stream: true })
  yield decoder.decode()
}

/** Throws if a quotation mark is never closed, after yielding the rows before it. */
export async function* tableRows(file: string, delimiter: string): AsyncGenerator<Fields> {
  const parser = parseCsv({ ...options, info: true, delimiter, ...quoteFor(delimiter) })
  pipeline(Readable.from(decoded(file)), parser, () => undefined) // errors are thrown where the rows are consumed
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    const fields = delimiter === '\t' ? record.map((f) => (/^".*"$/s.test(f) ? f.slice(1, -1).replaceAll('""', '"') : f)) : record
    yield { fields, line: info.lines }
  }
}

export interface JsonRow {
  value: unknown
  line: number
  problem?: Said
}

export async function* jsonRows(file: string): AsyncGenerator<JsonRow> {
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    line++
    const bare = text.replace(/^\ufeff/, '').trim()
    if (!bare) continue
    try {
      yield { line, value: parsePythonJson(bare) }
    } catch (e) {
      yield { line, value: undefined, problem: sentence('finding.json', { reason: reasonFor(e) }) }
    }
  }
}
