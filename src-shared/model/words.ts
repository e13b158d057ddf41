/** A record's name and description by language, at least English. A locale may override them. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1) }).catchall(z.string().min(1))
export type Words = z.infer<typeof wordsSchema>

/** A name that is the same in every language. */
export const properName = (name: string): Words => ({ en: name, ja: name })

interface SettingMore {
  /** What people call it, in English and Japanese; its key is for files and the terminal. */
  readonly name?: readonly [en: string, ja: string]
  /** Seldom changed: a form shows it on request. */
  readonly advanced?: boolean
}

/**
 * A setting of a record with its name and description: the texts are part of its JSON schema, and forms show those of
 * the user's language.
 */
export const setting = <T extends z.ZodType>(schema: T, en: string, ja: string, { name, advanced }: SettingMore = {}): T =>
  schema.meta({
    description: en,
    words: { en, ja } satisfies Words,
    ...(name && { title: name[0], names: { en: name[0], ja: name[1] } satisfies Words }),
    ...(advanced && { advanced }),
  })
