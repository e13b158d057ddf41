/** The words of captions that say what is seen. */
import type { ClassSpec } from '#shared/model/job.ts'

/** English words that stand for nothing visible by themselves: function words, numbers, places in a picture, and "picture". */
const STOP = new Set(
  `a an the this that these those it its he she they them their his her we you i my your our who which what there here
  and or but nor so as if than then too very also just only not no some any each every all both another other others more most many
  few several lots lot
  of in on at by for from with without to into onto over under above below beside besides behind between among around near next
  against along across through off out up down about before after during while when where
  is are was were be been being am has have had having do does did can could will would may might shall should must
  one two three four five six seven eight nine ten eleven twelve dozen pair couple
  top bottom left right middle center centre side sides front back corner
  picture pictures photo photos photograph image images drawing`.split(/\s+/),
)

const words = new Intl.Segmenter('ja', { granularity: 'word' })

/**
 * The distinct content words of a caption, lower-case, in their order: in languages with spaces and without, all but
 * function words ({@link STOP}), numbers, and words of hiragana alone, which in Japanese are mostly particles and endings.
 */
export function contentWords(caption: string): string[] {
  const found = [...words.segment(caption.toLowerCase())]
    .filter((s) => s.isWordLike)
    .map((s) => s.segment)
    .filter((word) => !STOP.has(word) && /\p{L}/u.test(word) && !/^[\p{Script=Hiragana}ー]+$/u.test(word))
    .filter((word) => word.length > 1 || /[^\p{Script=Latin}]/u.test(word))
  return [...new Set(found)]
}

/** Indices of the classes whose name, or one of whose phrases, occurs in a caption as words of their own, perhaps in the plural. */
export function labelsIn(caption: string, classes: readonly ClassSpec[]): number[] {
  const text = caption.toLowerCase()
  return classes.flatMap((c, i) => (formsOf(c).some((form) => occurs(form, text)) ? [i] : []))
}

const formsOf = ({ name, phrase, phrases }: ClassSpec): string[] =>
  [name, ...(phrase ? [phrase] : []), ...(phrases ?? [])].map((form) => form.toLowerCase().replace(/^(an?|the) /, ''))

function occurs(form: string, text: string): boolean {
  // Scripts without spaces have no borders of words.
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(form)) return text.includes(form)
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
    const before = text[at - 1] ?? ' '
    const rest = text.slice(at + form.length)
    if (!/[\p{L}\p{N}]/u.test(before) && /^(e?s)?(?![\p{L}\p{N}])/u.test(rest)) return true
  }
  return false
}
