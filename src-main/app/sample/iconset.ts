import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { programRoot } from '../../program.ts'

const resolveFrom = createRequire(import.meta.url)

/** Iconify's transformations of an icon or alias: flips, then `rotate` clockwise quarter turns. */
const transformSchema = z.object({
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  hFlip: z.boolean().optional(),
  vFlip: z.boolean().optional(),
  rotate: z.number().optional(),
})
export const iconSetSchema = z.object({
  prefix: z.string(),
  width: z.number(),
  height: z.number(),
  icons: z.record(z.string(), transformSchema.extend({ body: z.string() })),
  aliases: z.record(z.string(), transformSchema.extend({ parent: z.string() })).default({}),
})
export type IconSet = z.infer<typeof iconSetSchema>
export interface Icon {
  body: string
  left: number
  top: number
  width: number
  height: number
  hFlip: boolean
}

/** The packaged program's substitute for the data packages (see `bundle.ts`): their files, reduced to what the sample needs. */
export const bundleFile = join(programRoot, 'out', 'sample.json.gz')
let bundle: Record<string, unknown> | undefined
const bundled = () => (bundle ??= z.record(z.string(), z.unknown()).parse(JSON.parse(gunzipSync(readFileSync(bundleFile)).toString())))

/** Reads and validates a JSON file of a data package, from the bundle if the package is not installed. */
export function readPackageJson<T>(specifier: string, schema: z.ZodType<T>): T {
  const { file, json } = packageJson(specifier)
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw dataError(file, `${issue.path.join('.')}: ${issue.message}`)
}

function packageJson(specifier: string): { file: string; json: unknown } {
  try {
    const file = resolveFrom.resolve(specifier)
    return { file, json: JSON.parse(readFileSync(file, 'utf8')) }
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND' || !existsSync(bundleFile)) throw e
    return { file: bundleFile, json: bundled()[specifier] }
  }
}

export const iconsFile = (name: string) => `@iconify-json/${name}/icons.json`

const sets = new Map<string, IconSet>()
/** Cached after the first call: the files are large (noto: 25 MB). */
export function iconSet(name: string): IconSet {
  const known = sets.get(name)
  if (known) return known
  const set = readPackageJson(iconsFile(name), iconSetSchema)
  sets.set(name, set)
  return set
}

/** The icon's name after following aliases that merely rename; undefined if the set has no such icon. */
export function canonicalName(set: IconSet, name: string): string | undefined {
  const alias = set.aliases[name]
  if (!alias) return set.icons[name] && name
  return alias.hFlip ? name : canonicalName(set, alias.parent)
}

/** The icon that a name or alias is drawn from. */
export const rootIcon = (set: IconSet, name: string): string =>
  set.icons[name] || !set.aliases[name] ? name : rootIcon(set, set.aliases[name].parent)

/** @throws a data error if the set has no such icon, or transforms it by more than a horizontal flip */
export function findIcon(from: string, name: string): Icon {
  const set = iconSet(from)
  let hFlip = false
  let icon = set.icons[name]
  for (let alias = set.aliases[name]; !icon && alias; alias = set.aliases[alias.parent]) {
    if (alias.vFlip || alias.rotate) throw dataError(`@iconify-json/${from}`, `aliases.${name}: only hFlip is expected`)
    hFlip = hFlip !== (alias.hFlip ?? false)
    icon = set.icons[alias.parent]
  }
  if (!icon) throw dataError(`@iconify-json/${from}`, `icons.${name}: no such icon`)
  const { left = 0, top = 0, width = set.width, height = set.height, body } = icon
  return { body, left, top, width, height, hFlip }
}
