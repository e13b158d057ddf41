/** What a schema objects to, as a sentence: the field keeps its name, the problem is translated where its text is known. */
import { sentenceIn } from './read.ts'
import { sentence, type Sentence } from './table.ts'

/** `message`, a schema's English text, is about `field`; an empty field is the value as a whole. */
export function inField(field: string, message: string): Sentence {
  const problem = sentenceIn(message) ?? message
  if (field !== '') return sentence('in-field', { field, problem })
  return typeof problem === 'string' ? sentence('as-said', { said: problem }) : problem
}

interface Refused {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}

/** The first issue, with its path below `before`. */
export const issueSentence = ({ issues }: Refused, ...before: readonly PropertyKey[]): Sentence =>
  inField([...before, ...issues[0]!.path].map(String).join('.'), issues[0]!.message)
