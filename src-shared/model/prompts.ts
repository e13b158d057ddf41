/** A label's prompts: what a model of images and words is asked for instead of the label's name. */
import type { ClassSpec } from './job.ts'

/** Where a template has the words. */
export const PLACE = '{}'

/** Prompts with a place for words are templates for the others; without any, a model's own templates are used. */
export interface PromptSet {
  readonly words: readonly string[]
  readonly templates: readonly string[]
}

export function promptSet(prompts: readonly string[]): PromptSet {
  const isTemplate = (prompt: string) => prompt.includes(PLACE)
  return { words: prompts.filter((p) => !isTemplate(p)), templates: prompts.filter(isTemplate) }
}

/** The prompts of a set, words first, without blanks and repetitions: the inverse of {@link promptSet}. */
export const promptsOf = ({ words, templates }: PromptSet): string[] => [
  ...new Set([...words, ...templates].map((p) => p.trim()).filter((p) => p !== '')),
]

/** A label as a class of a model: the mean over its words in the templates, or its name if it has no words. */
export function classOf({ name, prompts }: { readonly name: string; readonly prompts: readonly string[] }): ClassSpec {
  const { words, templates } = promptSet(prompts)
  return {
    name,
    phrase: words[0] ?? null,
    ...(words.length > 1 && { phrases: [...words] }),
    ...(templates.length && { templates: [...templates] }),
  }
}
