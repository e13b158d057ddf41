/** Karpathy's splits of COCO and Flickr (`dataset_flickr8k.json`): images with one caption per sentence. */
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Draft, Source } from '../draft.ts'
import { isObject } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { jsonItems } from '../json.ts'
import { imageNamed, outside, ownFiles } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { join } from '../tree.ts'

const recognises = ({ name, has }: Peek) => name.endsWith('.json') && has('images') && has('sentences') && (has('raw') || has('tokens'))

function* read(source: Source): Generator<Draft> {
  const { tree, images, findings } = source
  for (const file of ownFiles(source, recognises)) {
    let n = 0
    for (const { value, line, problem } of jsonItems(tree.absolute(file), { elements: ['images'] })) {
      n++
      const where = { file, line }
      if (problem !== undefined || !isObject(value) || typeof value['filename'] !== 'string') {
        findings.leave(where, problem ?? sentence('finding.filename-name'))
        continue
      }
      const folder = typeof value['filepath'] === 'string' ? value['filepath'] : ''
      const image = imageNamed(images, join(folder, value['filename']), file) ?? imageNamed(images, value['filename'], file)
      if (!image) {
        findings.leave(where, outside('filename', value['filename']))
        continue
      }
      const sentences = Array.isArray(value['sentences']) ? value['sentences'] : []
      const texts = sentences.flatMap((s, i): string[] => {
        const text: unknown = isObject(s) ? (s['raw'] ?? (Array.isArray(s['tokens']) ? s['tokens'].join(' ') : undefined)) : s
        if (typeof text === 'string' && text.trim()) return [text.trim()]
        findings.leave(where, sentence('finding.no-text', { at: `sentences.${i}` }))
        return []
      })
      // restval: the part of COCO's val beyond this split's 10,000 images; used for training.
      const split = typeof value['split'] === 'string' && value['split'] ? value['split'].replace(/^restval$/, 'train') : null
      yield { image, where, split, captions: [...new Set(texts)].map((text) => ({ text })) }
    }
    if (n === 0) throw dataError(file, sentence('exchange.no-images'))
  }
}

export default defineFormat({
  id: 'karpathy',
  order: 30,
  title: { en: 'Karpathy captions', ja: 'Karpathy のキャプション' },
  about: {
    en: 'Captions of COCO and Flickr with Karpathy’s splits (dataset_*.json)',
    ja: 'Karpathy の分割による COCO と Flickr のキャプション（dataset_*.json）',
  },
  extensions: ['.json'],
  reference: 'https://cs.stanford.edu/people/karpathy/deepimagesent/',
  recognises,
  apart: ['annotations'],
  read,
})
