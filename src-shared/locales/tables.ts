/** Tables of words: texts by key, in groups. */

/** The shape of a table, with other words in it. */
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string : Translated<T[K]> }
/** As much of it as there is; what is missing is said in English. */
export type Partly<T> = { [K in keyof T]?: T[K] extends string ? string : Partly<T[K]> }

export interface Table {
  readonly [key: string]: string | Table | undefined
}

type Joined<T extends readonly unknown[]> = T extends readonly [infer First, ...infer Rest] ? First & Joined<Rest> : unknown

/** One table of several. Groups that occur in more than one of them are joined. */
export function joined<const T extends readonly object[]>(...tables: T): Joined<T> {
  const all: Record<string, object> = {}
  for (const table of tables) for (const [group, words] of Object.entries(table)) all[group] = { ...all[group], ...words }
  return all as Joined<T>
}

/** A table with every key of the English one. `otherwise` makes the text for a key that it lacks. */
export const filled = (english: Table, own: Table | undefined, otherwise: (text: string) => string): Table =>
  Object.fromEntries(
    Object.entries(english).map(([key, text]) => {
      const word = own?.[key]
      if (typeof text === 'object') return [key, filled(text, typeof word === 'object' ? word : undefined, otherwise)]
      return [key, word ?? otherwise(text ?? '')]
    }),
  )
