/** Makes command options from the settings of records. */
import type { Command } from 'commander'
import { z } from 'zod'

export interface WithSettings {
  readonly id: string
  readonly title: { readonly en: string }
  readonly schema: z.ZodObject | undefined
}

interface Setting {
  readonly of: string[]
  readonly description: string
  readonly type: string | undefined
}

export const dashed = (key: string) => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

/** Settings of the same name in several records share one option. */
function settingsBy(records: readonly WithSettings[]): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const { title, schema } of records) {
    const properties = schema ? (z.toJSONSchema(schema, { io: 'input' }).properties ?? {}) : {}
    for (const [key, property] of Object.entries(properties)) {
      const { description = '', enum: choices, type } = property as { description?: string; enum?: unknown[]; type?: string }
      const known = settings.get(key)
      if (known) known.of.push(title.en)
      else settings.set(key, { of: [title.en], description: `${description}${choices ? ` (${choices.join(', ')})` : ''}`, type })
    }
  }
  return settings
}

export function addSettingOptions(command: Command, records: readonly WithSettings[]): Command {
  for (const [key, { of, description }] of settingsBy(records))
    command.option(`--${dashed(key)} <value>`, `${of.join(', ')}: ${description}`)
  return command
}

/** The settings that were given, with numbers and booleans parsed. */
export function givenSettings(
  records: readonly WithSettings[],
  options: Record<string, unknown>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    [...settingsBy(records)].flatMap(([key, { type }]): [string, string | number | boolean][] => {
      const given = options[key]
      if (typeof given !== 'string') return []
      if (type === 'boolean') return [[key, given === 'true']]
      return [[key, type === 'number' || type === 'integer' ? Number(given) : given]]
    }),
  )
}
