/**
 * Training data of vision-language models: prefix and suffix (PaliGemma, Florence-2) or conversations (LLaVA,
 * ShareGPT4V, chat messages). Answers to a request for a description become captions, `<loc…>` tokens boxes; other
 * answers are not annotations and are reported.
 */
import type { RecordCaption } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit, type Where } from '../findings.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { isObject } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { fileIn } from './huggingface/columns.ts'
import { jsonItems } from '../json.ts'
import { imageNamed, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { jsonRows, type JsonRow } from '../rows.ts'
import { boxBetween, polygonOf, snap, toRing } from '../shapes.ts'

const isLines = (name: string) => /\.(?:jsonl|ndjson)$/i.test(name)
const recognises = ({ name, head, has, outline }: Peek) =>
  isLines(name)
    ? /^\s*\{/.test(head.replace(/^\ufeff/, '')) &&
      ((has('suffix') && has('prefix')) || has('suffix') || ((has('conversations') || has('messages')) && (has('image') || has('images'))))
    : name.endsWith('.json') &&
      outline.root === 'array' &&
      (((has('conversations') || has('messages')) && (has('image') || has('images'))) || (has('prefix') && has('suffix')))

interface Turn {
  asked: string
  answer: string
}

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, images, findings } = source
  for (const file of ownFiles(source, recognises)) {
    const rows: AsyncIterable<JsonRow> | Iterable<JsonRow> = isLines(file)
      ? jsonRows(tree.absolute(file))
      : jsonItems(tree.absolute(file), { elements: [''] })
    // One image's turns may be spread over several rows.
    const drafts = new Map<string, { draft: Draft; parts: (Taken & { line: number })[] }>()
    for await (const { value, line, problem } of rows) {
      const where = { file, line }
      if (problem !== undefined || !isObject(value)) {
        findings.leave(where, problem ?? sentence('finding.not-object'))
        continue
      }
      const named = fileIn(value) ?? fileIn({ image: Array.isArray(value['images']) ? (value['images'] as unknown[])[0] : value['images'] })
      const image = named && imageNamed(images, named.name, file)
      if (!image) {
        findings.leave(where, named ? outside(named.column, named.name) : sentence('finding.no-image-named'))
        continue
      }
      const known = drafts.get(image.path) ?? { draft: { image, where, split: splitBy(image.path, file) }, parts: [] }
      drafts.set(image.path, known)
      known.parts.push({ ...takenFrom(value, where, source), line })
    }
    for (const { draft, parts } of drafts.values()) yield joined(draft, parts, source)
  }
}

/** Regions need the image's size, captions do not. */
interface Taken {
  captions: RecordCaption[]
  regions: (size: Size) => DraftRegion[]
  many: number
}

function joined(draft: Draft, parts: readonly (Taken & { line: number })[], { findings }: Source): Draft {
  const captions: RecordCaption[] = []
  for (const c of parts.flatMap((p) => p.captions)) if (!captions.some((o) => o.text === c.text)) captions.push(c)
  const located = parts.filter((p) => p.many > 0)
  const regions = (size: Size) =>
    located.flatMap((p) => {
      try {
        return p.regions(size).map((r) => ({ ...r, line: p.line }))
      } catch (e) {
        findings.leave({ ...draft.where, line: p.line }, reasonFor(e))
        return []
      }
    })
  return { ...draft, captions, regions: located.length ? regions : [] }
}

function takenFrom(row: Record<string, unknown>, where: Where, { findings }: Source): Taken {
  const taken: Taken = { captions: [], regions: () => [], many: 0 }
  const makers: ((size: Size) => DraftRegion[])[] = []
  const left: string[] = []
  for (const { asked, answer } of turnsOf(row)) {
    const located = locatedIn(asked, answer)
    if (located) {
      taken.many += located.many
      makers.push(located.regions)
      if (located.masks) findings.leave(where, sentence('finding.paligemma-masks', { n: located.masks }))
      if (located.rest) left.push(located.rest)
    } else {
      const tongue = describes(asked)
      if (tongue === null) left.push(`${asked} → ${answer}`)
      else if (answer.trim()) taken.captions.push({ text: answer.trim(), ...(tongue ? { language: tongue } : {}) })
    }
  }
  taken.regions = (size) => makers.flatMap((m) => m(size))
  if (left.length) {
    const texts = left[0]!.replace(/\s+/g, ' ').slice(0, 160)
    const n = left.length
    findings.leave(where, n === 1 ? sentence('finding.answer', { texts }) : sentence('finding.answers', { n, texts }))
  }
  return taken
}

const contentOf = (v: unknown): string =>
  typeof v === 'string'
    ? v
    : Array.isArray(v)
      ? v.map((p) => (isObject(p) && typeof p['text'] === 'string' ? p['text'] : typeof p === 'string' ? p : '')).join(' ')
      : ''

function turnsOf(row: Record<string, unknown>): Turn[] {
  if (row['suffix'] !== undefined) {
    const asked = contentOf(row['prefix'])
    return [row['suffix']].flat().map((s) => ({ asked, answer: contentOf(s) }))
  }
  const said = [row['conversations'], row['messages']].find((t) => Array.isArray(t)) as unknown[] | undefined
  const turns: Turn[] = []
  let asked = ''
  for (const t of said ?? []) {
    if (!isObject(t)) continue
    const role = String((t['from'] ?? t['role'] ?? '') as string).toLowerCase()
    const text = contentOf(t['value'] ?? t['content'])
      .replace(/<image>|<img>.{0,2000}?<\/img>|<\|image_?\d*\|>/gi, ' ')
      .trim()
    if (/^(?:human|user|question)$/.test(role)) asked = text
    else if (/^(?:gpt|assistant|model|bot|answer)$/.test(role)) turns.push({ asked, answer: text })
  }
  return turns
}

/** Caption requests as PaliGemma and Florence-2 name them, and as people ask. */
const short = /^\s*(?:cap|caption|describe|description)(?:\s+([a-z]{2,3}(?:-[A-Za-z]{2,4})?))?\s*[.:]?\s*$/i
const florence = /^\s*<(?:MORE_DETAILED_|DETAILED_)?CAPTION>\s*$/i
const words = new RegExp(
  [
    String.raw`\b(?:describ\w*|caption\w*|summari[sz]e|summary|description|depict\w*|narrate|overview)\b`,
    String.raw`^(?:what (?:is|'s) (?:in|this|shown)|what (?:do|can) you see|can you (?:tell|explain)|` +
      String.raw`explain|share|clarify|offer|relay|render|present|write|create|give)\b[^?]*\b(?:image|picture|photo|scene|visual|this)\b`,
    String.raw`^what is this\?*$`,
    '^what is in (?:the|this) (?:photo|image|picture)',
  ].join('|'),
  'i',
)

/** The requested language, '' if none is given; null if the request is for something else. */
function describes(asked: string): string | null {
  const bare = asked.trim()
  if (bare === '' || florence.test(bare)) return ''
  const task = short.exec(bare)
  if (task) return (task[1] ?? '').toLowerCase()
  return !/\b(?:region|where|how many|detect|locate|bounding)\b/i.test(bare) && words.test(bare) ? '' : null
}

interface Located {
  regions: (size: Size) => DraftRegion[]
  many: number
  masks: number
  /** The remainder of the answer. */
  rest: string
}

/**
 * Boxes as tokens: PaliGemma writes four of 1024 steps (top, left, bottom, right) before the name, Florence-2 four of
 * 1000 (left, top, right, bottom) after it.
 */
function locatedIn(asked: string, answer: string): Located | null {
  if (/<loc_\d+>/.test(answer)) return ofFlorence(asked, answer)
  if (!/<loc\d{4}>/.test(answer))
    return /^\s*(?:detect|segment)\b/i.test(asked) || /^<(?:OD|DENSE_REGION_CAPTION|REGION_PROPOSAL)>/.test(asked)
      ? { regions: () => [], many: 0, masks: 0, rest: answer.trim() }
      : null
  const of = [...answer.matchAll(/((?:\s*<loc\d{4}>)+)((?:\s*<seg\d{3}>)*)\s*([^<;]*)/g)]
  const objects = of.map((m) => ({
    at: [...m[1]!.matchAll(/<loc(\d{4})>/g)].map((n) => Number(n[1])),
    label: m[3]!.trim() || null,
    mask: m[2] !== '',
  }))
  return {
    many: objects.length,
    masks: objects.filter((o) => o.mask).length,
    rest: '',
    regions: ({ width, height }) =>
      objects.map(({ at, label }) => {
        if (at.length !== 4)
          throw new Unfit(sentence('finding.loc-tokens', { label: label ?? sentence('finding.an-object'), n: at.length }))
        const [y1, x1, y2, x2] = at as [number, number, number, number]
        return {
          label,
          shape: boxBetween(snap((x1 / 1024) * width), snap((y1 / 1024) * height), snap((x2 / 1024) * width), snap((y2 / 1024) * height)),
        }
      }),
  }
}

function ofFlorence(asked: string, answer: string): Located {
  const steps: { label: string; at: number[] }[] = []
  // Words and locations alternate; locations with nothing between them belong together.
  const pieces = answer.split(/<loc_(\d+)>/)
  for (let i = 0; i + 1 < pieces.length; i += 2) {
    const label = pieces[i]!.slice(0, 500)
      .replace(/^[\s,;.]+/, '')
      .trim()
    if (i === 0 || pieces[i] !== '') steps.push({ label, at: [] })
    steps.at(-1)!.at.push(Number(pieces[i + 1]))
  }
  let label: string | null = null
  const objects = steps.map((s) => ({ label: (label = s.label || label), at: s.at }))
  const outline = /SEGMENTATION/i.test(asked)
  return {
    many: objects.length,
    masks: 0,
    rest: '',
    regions: ({ width, height }) =>
      objects.flatMap(({ label: name, at }): DraftRegion[] => {
        // The centre of the step.
        const places = at.map((n, i) => snap(((n + 0.5) / 1000) * (i % 2 ? height : width)))
        const ring = outline ? toRing(places) : null
        if (ring) return [{ label: name, shape: polygonOf(ring) }]
        if (places.length % 4)
          throw new Unfit(sentence('finding.florence-tokens', { label: name ?? sentence('finding.an-object'), n: at.length }))
        return Array.from({ length: places.length / 4 }, (_, i) => ({
          label: name,
          shape: boxBetween(...(places.slice(4 * i, 4 * i + 4) as [number, number, number, number])),
        }))
      }),
  }
}

export default defineFormat({
  id: 'vlm',
  order: 20,
  title: { en: 'Vision-language training data', ja: '視覚言語モデルの学習データ' },
  about: {
    en: 'JSON lines with prefix and suffix, or with conversations about an image',
    ja: 'prefix と suffix、または画像についての会話からなる JSON 行',
  },
  extensions: ['.jsonl', '.json'],
  reference: 'https://github.com/haotian-liu/LLaVA/blob/main/docs/Finetune_Custom_Data.md',
  recognises,
  read,
})
