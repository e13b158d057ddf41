/** Streams XML: yields the wanted elements as small trees, one after another. Document types with entities are refused. */
import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { SaxesParser } from 'saxes'
import { DashiError, dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Said } from './findings.ts'

export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: XmlElement[]
  /** The element's own text, trimmed. */
  text: string
  line: number
}

const maxDepth = 100
const maxElement = 1 << 28

/**
 * Yields each element with one of the names, at any depth, except those inside an element already yielded.
 * @throws a data error if the document is not well-formed, after yielding what came before
 */
export function* xmlElements(file: string, names: ReadonlySet<string>, onRoot?: (name: string) => void): Generator<XmlElement> {
  const parser = new SaxesParser()
  const stack: XmlElement[] = []
  const ready: XmlElement[] = []
  let depth = 0
  let size = 0
  const fail = (problem: Said) => {
    throw dataError(file, sentence('exchange.at-line', { line: parser.line, problem }))
  }
  parser.on('doctype', (text) => {
    if (/<!ENTITY|\bSYSTEM\b|\bPUBLIC\b/i.test(text)) fail(sentence('xml.entities'))
  })
  parser.on('error', (e) => fail(e.message.replace(/^.*?\d+:\d+:\s*/, '')))
  parser.on('opentag', ({ name, attributes }) => {
    if (depth === 0) onRoot?.(name)
    if (++depth > maxDepth) fail(sentence('json.too-deep', { most: maxDepth }))
    if (stack.length === 0 && !names.has(name)) return
    const element: XmlElement = { name, attributes, children: [], text: '', line: parser.line }
    stack.at(-1)?.children.push(element)
    stack.push(element)
  })
  const text = (t: string) => {
    const top = stack.at(-1)
    if (top) top.text += t
  }
  parser.on('text', text)
  parser.on('cdata', text)
  parser.on('closetag', () => {
    depth--
    const closed = stack.pop()
    if (!closed) return
    closed.text = closed.text.trim()
    if (stack.length === 0) {
      ready.push(closed)
      size = 0
    }
  })
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.allocUnsafe(1 << 16)
  const fd = openSync(file, 'r')
  try {
    for (;;) {
      const n = readSync(fd, buffer, 0, buffer.length, null)
      if (stack.length && (size += n) > maxElement) fail(sentence('json.too-large', { megabytes: maxElement >> 20 }))
      try {
        if (n) parser.write(decoder.write(buffer.subarray(0, n)))
        else parser.write(decoder.end()).close()
      } catch (e) {
        yield* ready.splice(0)
        throw e instanceof DashiError ? e : dataError(file, e instanceof Error ? e.message : String(e), e)
      }
      yield* ready.splice(0)
      if (n === 0) return
    }
  } finally {
    closeSync(fd)
  }
}

export const child = (e: XmlElement | undefined, name: string): XmlElement | undefined => e?.children.find((c) => c.name === name)
export const childText = (e: XmlElement | undefined, name: string): string | undefined => child(e, name)?.text
/** NaN if it is not a number. */
export const numberOf = (text: string | undefined): number => (text === undefined || text.trim() === '' ? NaN : Number(text))

/** Escapes text and attribute values; characters not allowed in XML are dropped. */
export const escapeXml = (text: string) =>
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[&<>"'\n\r\t]/g, (c) => `&#${c.charCodeAt(0)};`)
