/** Tables of words: texts by key, in groups. */

/** The type of a table translated to another language. */
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string : Translated<T[K]> }
/** A partial translation; missing texts are shown in English. */
export type Partly<T> = { [K in keyof T]?: T[K] extends string ? string : Partly<T[K]> }

export interface Table {
  readonly [key: string]: string | Table | undefined
}

/** Everything that any member of the union T has. */
type Joined<T> = (T extends unknown ? (of: T) => void : never) extends (of: infer All) => void ? All : never

/** Joins the tables of several areas into one. Groups that occur in more than one of them are merged. */
export function joined<T extends Readonly<Record<string, object>>>(areas: T): Joined<T[keyof T]> {
  const all: Record<string, object> = {}
  for (const table of Object.values(areas)) for (const [group, words] of Object.entries(table)) all[group] = { ...all[group], ...words }
  return all as Joined<T[keyof T]>
}

/** A table with every key of the English one. `otherwise` supplies the text for a missing key. */
export const filled = (english: Table, own: Table | undefined, otherwise: (text: string) => string): Table =>
  Object.fromEntries(
    Object.entries(english).map(([key, text]) => {
      const word = own?.[key]
      if (typeof text === 'object') return [key, filled(text, typeof word === 'object' ? word : undefined, otherwise)]
      return [key, word ?? otherwise(text ?? '')]
    }),
  )
