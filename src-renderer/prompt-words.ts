/** The words that a model is asked for: names, synonyms and prompts of labels, or any others. */
import type { Label } from '#shared/model/label.ts'

type Named = Pick<Label, 'id' | 'name' | 'synonyms' | 'prompts'>

/** The words in 'dog, red apple, wheel', in either script's commas. */
export const splitWords = (text: string): string[] =>
  text
    .split(/[,;，、；\n]/)
    .map((word) => word.trim().replace(/\s+/g, ' '))
    .filter(Boolean)

/** The label that a word belongs to, and how that label spells it; the word itself if it belongs to none. */
export function wordOf<L extends Named>(text: string, labels: readonly L[]): { word: string; label: L | null } {
  const same = (s: string) => s.toLowerCase() === text.toLowerCase()
  for (const names of [(l: L) => [l.name], (l: L) => l.synonyms, (l: L) => l.prompts])
    for (const label of labels) {
      const word = names(label).find(same)
      if (word !== undefined) return { word, label }
    }
  return { word: text, label: null }
}

/** Adds words that are not there yet, whatever their case. */
export function withWords(words: readonly string[], more: readonly string[]): string[] {
  const all = [...words]
  for (const word of more) if (!all.some((w) => w.toLowerCase() === word.toLowerCase())) all.push(word)
  return all
}
