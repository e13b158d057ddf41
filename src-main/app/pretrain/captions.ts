import type { Concept } from '#shared/model/sample.ts'
import { classesOf } from '../sample/classes.ts'
import { concepts, emojiWords } from '../sample/concepts.ts'
import { withArticle } from '../sample/phrases.ts'

/**
 * Prompt templates whose embeddings are averaged into one per class (Radford et al. 2021, §3.1.4). `{}` stands for the
 * class name with its article. They are part of the model: another set would give other zero-shot weights.
 */
export const zeroShotTemplates = [
  '{}',
  'a drawing of {}',
  'a picture of {}',
  'an icon of {}',
  'a pictograph of {}',
  'a flat drawing of {}',
] as const

const framed = [
  'a drawing of {}',
  'a picture of {}',
  'an icon of {}',
  'a pictograph of {}',
  'a flat drawing of {}',
  'a small picture of {}',
  'a cartoon of {}',
] as const
const tagTemplates = ['a drawing of {}', 'a picture about {}', 'an icon for {}'] as const

/** Fills a template: ('a drawing of {}', 'apple') → 'a drawing of an apple'. */
export const fillTemplate = (template: string, name: string) => template.replace('{}', template === '{}' ? name : withArticle(name))

/**
 * English captions of a concept, most specific first, without repetition; the first is the bare name. Built from its
 * name and keywords alone: the task's class names appear only where CLDR lists them as keywords.
 */
export function captionsFor({ name, tags }: Pick<Concept, 'name' | 'tags'>): string[] {
  const named = [name, ...framed.map((t) => fillTemplate(t, name))]
  const runs: string[] = []
  for (let i = 0; i < tags.length; i += 3) runs.push(tags.slice(i, i + 3).join(', '))
  const tagged = tags.length ? [`${name}, ${tags.join(', ')}`, ...runs.map((run) => `${name}: ${run}`), ...runs] : []
  const single = tags.map((tag, i) => tagTemplates[i % tagTemplates.length]!.replace('{}', tag))
  return [...new Set([...named, ...tagged, ...single])]
}

/**
 * The tokenizer's training texts: captions, names of classes and CLDR subgroups, templates, and every English emoji
 * label and keyword beyond the concepts, so that other words split sensibly too.
 */
export function tokenizerTexts(all: readonly Concept[] = concepts()): string[] {
  const classNames = classesOf(all).flatMap(({ name, subgroup }) => [name, subgroup.replaceAll('-', ' ')])
  const templates = zeroShotTemplates.map((t) => t.replace('{}', ''))
  return [...all.flatMap(captionsFor), ...[...classNames, ...templates].flatMap((text) => [text, text, text]), ...emojiWords()]
}
