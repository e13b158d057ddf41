/**
 * JSON without a known format: a list of rows that name an image and its caption, label or boxes, or a map from image
 * names to captions and labels.
 */
import type { Said } from '../findings.ts'
import type { Draft, Source } from '../draft.ts'
import { isObject, keyNamed } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { classNamesFor } from './huggingface/features.ts'
import { fileIn, type HfRow, sizeIn, captionColumns, labelColumns, objectColumns } from './huggingface/columns.ts'
import { BoxSurvey, HfReader } from './huggingface/rows.ts'
import { jsonItems } from '../json.ts'
import { imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { isImage } from '../tree.ts'
import { sentence } from '#shared/sentences/table.ts'

/** Columns that make a row an annotation. */
const telling = [...captionColumns, ...labelColumns, ...objectColumns, 'bbox', 'bboxes', 'boxes', 'tags']
const names = (keys: readonly string[], row: HfRow) => fileIn(row) !== null && keyNamed(keys, telling) !== undefined

function recognises({ name, head, outline }: Peek): boolean {
  if (!name.endsWith('.json')) return false
  const keys = [...outline.keys.keys()]
  if (outline.root === 'array') {
    const texts = Object.fromEntries([...outline.keys].filter(([, kind]) => kind === 'text').map(([k]) => [k, 'x']))
    return names(keys, texts)
  }
  // "a.jpg": "a cat", or ["a cat", "one cat"], or { "caption": … }.
  const image = String.raw`"(?:[^"\\]|\\.)*\.(?:jpe?g|png|webp|bmp|gif|tiff?)"`
  const words = String.raw`"|\[\s*"|\{\s*"(?:captions?|tags|labels?|text|class|description)"\s*:`
  const said = new RegExp(String.raw`^\s*\{\s*${image}\s*:\s*(?:${words})`, 'i')
  return outline.root === 'object' && said.test(head.replace(/^\ufeff/, ''))
}

interface Row {
  value: unknown
  line?: number
  problem?: Said
}

function* rowsOf(source: Source, file: string): Generator<Row> {
  if (source.tree.peek(file).outline.root === 'array') {
    yield* jsonItems(source.tree.absolute(file), { elements: [''] })
    return
  }
  const json = jsonOf(source, file)
  for (const [name, said] of Object.entries(isObject(json) ? json : {})) {
    const texts = [said].flat().filter((s): s is string => typeof s === 'string')
    // A text of several words is a caption, a single word a class.
    const rest: HfRow = isObject(said)
      ? { ...said, ...(typeof said['tags'] === 'string' ? { tags: said['tags'].split(',').map((t) => t.trim()) } : {}) }
      : texts.some((t) => /\s\S+\s/.test(t.trim()))
        ? { captions: texts }
        : { labels: texts }
    yield isImage(name)
      ? { value: { ...rest, file_name: name } }
      : { value: undefined, problem: sentence('finding.not-image-name', { name }) }
  }
}

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, images, findings } = source
  for (const file of ownFiles(source, recognises)) {
    const reader = new HfReader(tree, file, classNamesFor(tree, file), findings, source.declareLabels)
    const survey = new BoxSurvey()
    let looked = 0
    for (const { value } of rowsOf(source, file)) {
      if (!isObject(value) || looked++ >= 500) continue
      survey.see(value, await sizeIn(value, images, file))
      reader.survey(value)
    }
    const boxes = survey.result(file, findings)
    for (const { value, line, problem } of rowsOf(source, file)) {
      const where = { file, line }
      const named = isObject(value) ? fileIn(value) : null
      const image = named && imageNamed(images, named.name, file)
      if (!isObject(value) || !named) findings.leave(where, problem ?? sentence('finding.names-no-image'))
      else if (!image) findings.leave(where, outside(named.column, named.name))
      else yield reader.draft(value, { image }, where, splitBy(image.path, file), boxes, named.column)
    }
    reader.finish()
  }
}

export default defineFormat({
  id: 'json-rows',
  order: 240,
  title: { en: 'JSON rows', ja: 'JSON の行' },
  about: {
    en: 'Any JSON list whose rows name an image and its caption, label or boxes',
    ja: '画像とそのキャプション・ラベル・矩形を示す行からなる JSON',
  },
  extensions: ['.json'],
  reference: 'https://www.rfc-editor.org/rfc/rfc8259',
  recognises,
  apart: ['annotations'],
  read,
})
