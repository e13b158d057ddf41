/**
 * Reads large JSON documents element by element: bytes are scanned for the bounds of each element of a top-level
 * array, and only that slice is parsed. Memory is bounded by the largest element, a broken element does not affect the
 * others, and each has a line number. Python's NaN and Infinity are read as null.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Said } from './findings.ts'

export interface JsonItem {
  /** The top-level key; '' for elements of a top-level array. */
  key: string
  /** undefined if the slice is not JSON; `problem` gives the reason. */
  value: unknown
  problem?: Said
  line: number
}

export interface Wanted {
  /** Top-level keys whose arrays are yielded element by element; '' is the document itself. */
  elements?: readonly string[]
  /** Top-level keys whose values are yielded whole. */
  values?: readonly string[]
}

const chunkBytes = 1 << 18
const maxItem = 1 << 28
const maxDepth = 200

const [quote, backslash, comma, colon, open, close, openArray, closeArray, newline] = [0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d, 0x0a]
const isSpace = (c: number) => c === 0x20 || c === newline || c === 0x0d || c === 0x09

/** @throws a data error if the document as a whole is broken: truncated, or neither object nor array */
export function* jsonItems(file: string, { elements = [], values = [] }: Wanted): Generator<JsonItem> {
  let level: 'root' | 'key' | 'colon' | 'value' | 'element' | 'after' | 'end' = 'root'
  let inArray = false // at the element level of a wanted array
  let rootIsArray = false
  let key = ''
  let line = 1
  let itemLine = 1
  let depth = 0 // nesting within the item
  const closing = new Uint8Array(maxDepth + 2) // the closing bracket of each level
  let inItem = false
  let inString = false
  let escaped = false
  let keep = false
  let parts: Buffer[] = []
  let kept = 0
  const fail = (problem: Said): never => {
    throw dataError(file, sentence('exchange.at-line', { line, problem }))
  }
  const finish = (tail: Buffer): string => {
    const bytes = parts.length ? Buffer.concat([...parts, tail]) : tail
    parts = []
    kept = 0
    return bytes.toString('utf8')
  }

  for (const chunk of chunksOf(file)) {
    let start = 0 // start of the item or key within this chunk
    let i = 0
    if (line === 1 && level === 'root' && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) i = 3
    for (; i < chunk.length; i++) {
      const c = chunk[i]!
      if (inString) {
        if (escaped) escaped = false
        else if (c === backslash) escaped = true
        else if (c === quote) {
          inString = false
          if (level === 'key') {
            key = parseOr(finish(chunk.subarray(start, i + 1)), fail) as string
            level = 'colon'
            inItem = false
          }
        }
        continue
      }
      if (c === newline) line++
      if (inItem) {
        if (c === quote) inString = true
        else if (c === open || c === openArray) {
          if (++depth > maxDepth) fail(sentence('json.too-deep', { most: maxDepth }))
          closing[depth] = c + 2 // } of {, ] of [
        } else if (depth > 0 && (c === close || c === closeArray)) {
          if (closing[depth--] !== c) fail(sentence('json.closes-nothing', { bracket: JSON.stringify(String.fromCharCode(c)) }))
        } else if (depth === 0 && (c === comma || c === close || c === closeArray)) {
          // A bare value (number, true, null) or string ends at the separator.
          if (keep) yield item(key, finish(chunk.subarray(start, i)), itemLine)
          inItem = false
          level = 'after'
          i--
          continue
        }
        continue
      }
      if (isSpace(c)) continue
      switch (level) {
        case 'root':
          if (c !== open && c !== openArray) fail(sentence('json.root'))
          rootIsArray = c === openArray
          if (rootIsArray) {
            inArray = true
            level = 'element'
          } else level = 'key'
          break
        case 'key':
          if (c === close) {
            level = 'end'
            break
          }
          if (c !== quote) fail(sentence('json.key'))
          inString = true
          start = i
          inItem = false
          break
        case 'colon':
          if (c !== colon) fail(sentence('json.colon', { key: JSON.stringify(key) }))
          level = 'value'
          break
        case 'value':
        case 'element':
          if (level === 'value' && c === openArray && elements.includes(key)) {
            inArray = true
            level = 'element'
            break
          }
          if (c === closeArray && level === 'element') {
            inArray = false
            level = rootIsArray ? 'end' : 'after'
            break
          }
          if (c === comma || c === colon || c === close || c === closeArray) fail(sentence('json.value'))
          inItem = true
          keep = inArray ? elements.includes(rootIsArray ? '' : key) : values.includes(key)
          itemLine = line
          depth = 0
          start = i
          if (c === quote) inString = true
          else if (c === open || c === openArray) closing[(depth = 1)] = c + 2
          break
        case 'after':
          if (c === comma) level = inArray ? 'element' : 'key'
          else if (c === closeArray && inArray) {
            inArray = false
            level = rootIsArray ? 'end' : 'after'
          } else if (c === close && !inArray && !rootIsArray) level = 'end'
          else fail(sentence('json.comma'))
          break
        case 'end':
          fail(sentence('json.after'))
      }
    }
    if ((inItem && keep) || (level === 'key' && inString)) {
      const part = chunk.subarray(start)
      kept += part.length
      if (kept > maxItem) fail(sentence('json.too-large', { megabytes: maxItem >> 20 }))
      parts.push(part)
    }
  }
  if (level !== 'end') fail(sentence('json.cut'))
}

function item(key: string, text: string, line: number): JsonItem {
  try {
    return { key, value: parsePythonJson(text), line }
  } catch (e) {
    return { key, value: undefined, problem: e instanceof Error ? e.message : String(e), line }
  }
}

/** Like JSON.parse, but reads Python's NaN and Infinity as null. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (e) {
    const finite = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (m) => (m[0] === '"' ? m : 'null'))
    if (finite === text) throw e
    return JSON.parse(finite)
  }
}

function parseOr(text: string, fail: (problem: Said) => never): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return fail(sentence('json.invalid'))
  }
}

function* chunksOf(file: string): Generator<Buffer> {
  const fd = openSync(file, 'r')
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkBytes)
      const n = readSync(fd, buffer, 0, chunkBytes, null)
      if (n === 0) return
      yield buffer.subarray(0, n)
    }
  } finally {
    closeSync(fd)
  }
}
