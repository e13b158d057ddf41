import { z } from 'zod'
import { pretrainStyles, styles, taskStyle, type Concept, type Style } from '#shared/model/sample.ts'
import { canonicalName, iconSet, readPackageJson } from './iconset.ts'

const emojiSchema = z.object({
  label: z.string(),
  hexcode: z.string(),
  tags: z.array(z.string()).default([]),
  group: z.number().optional(),
  subgroup: z.number().optional(),
})
const groupsSchema = z.object({ groups: z.record(z.string(), z.string()), subgroups: z.record(z.string(), z.string()) })
const charsSchema = z.record(z.string(), z.string())

/** Flags, and parts that are never drawn alone (skin tones, hair). */
const leftOutGroups = new Set(['component', 'flags'])
/** Framed letters, digits and ideographs. */
const leftOutSubgroups = new Set(['keycap', 'alphanum'])
/** Letters and digits in other subgroups, and gendered variants without a neutral ZWJ form to be recognised by. */
const leftOutLabels = new Set([
  ...['BACK arrow', 'END arrow', 'ON! arrow', 'SOON arrow', 'TOP arrow', 'ATM sign', 'water closet', 'hundred points', 'ZZZ'],
  ...['copyright', 'registered', 'trade mark', 'no one under eighteen'],
  ...['boy', 'girl', 'man', 'woman', 'old man', 'old woman', 'prince', 'princess', 'Mrs. Claus', 'Mx Claus', 'man dancing'],
  ...['pregnant man', 'pregnant woman', 'women holding hands', 'woman and man holding hands', 'men holding hands'],
])
/** Twenty-four clock faces that differ only in the hands. */
const clockFace = /(o’clock|-thirty)$/
/** ZWJ sequences that start or end with a gender, have a hair style, or face right. */
const variant = /^1F46[89]-.*200D|-200D-(2640|2642)|-200D-1F9B[0-3]|: facing right/

/** Former CLDR names, still used by icon sets that list no code points. */
const formerNames: Record<string, string> = {
  bullseye: 'direct-hit',
  robot: 'robot-face',
  'red question mark': 'question-mark',
  'red exclamation mark': 'exclamation-mark',
  'face with crossed-out eyes': 'dizzy-face',
  'heart exclamation': 'heavy-heart-exclamation',
  'grinning cat': 'grinning-cat-face',
  'grinning cat with smiling eyes': 'grinning-cat-face-with-smiling-eyes',
  'cat with tears of joy': 'cat-face-with-tears-of-joy',
  'smiling cat with heart-eyes': 'smiling-cat-face-with-heart-eyes',
  'cat with wry smile': 'cat-face-with-wry-smile',
  'kissing cat': 'kissing-cat-face',
  'weary cat': 'weary-cat-face',
  'crying cat': 'crying-cat-face',
  'pouting cat': 'pouting-cat-face',
  'person in suit levitating': 'man-in-suit-levitating',
  'person with skullcap': 'man-with-chinese-cap',
  'person with veil': 'bride-with-veil',
}

const plainCode = (hexcode: string) => hexcode.toUpperCase().replaceAll(/-FE0F/g, '')
const slug = (label: string) =>
  label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f’'“”".!()]/g, '')
    .replaceAll('&', 'and')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

/** Icon names by code point (`chars.json`); noto-v1 and emojione ship an empty file. */
function codePoints(style: Style): Map<string, string> {
  return new Map(Object.entries(readChars(style)).map(([code, name]) => [plainCode(code), name]))
}

let table: readonly Concept[] | undefined

/**
 * Every concept drawn by the task's style and at least one pre-training style, in CLDR order. Icons are found by code
 * point; in sets without code points, by the concept's CLDR name or the name another set gives that code point.
 */
export function concepts(): readonly Concept[] {
  return (table ??= buildConcepts())
}

const emojiFile = 'emojibase-data/en/data.json'
const groupsFile = 'emojibase-data/meta/groups.json'
const charsFile = (style: Style) => `@iconify-json/${style}/chars.json`
const readEmoji = () => readPackageJson(emojiFile, z.array(emojiSchema))
const readGroups = () => readPackageJson(groupsFile, groupsSchema)
const readChars = (style: Style) => readPackageJson(charsFile(style), charsSchema)

/** The files that concepts are derived from, apart from icons: contents by specifier. */
export const conceptFiles = (): Record<string, unknown> => ({
  [emojiFile]: readEmoji(),
  [groupsFile]: readGroups(),
  ...Object.fromEntries(styles.map((style) => [charsFile(style), readChars(style)])),
})

/** Every English label and keyword of emojibase, concepts or not, with repetitions. */
export const emojiWords = (): string[] => readEmoji().flatMap(({ label, tags }) => [label, ...tags])

function buildConcepts(): Concept[] {
  const emoji = readEmoji()
  const { groups, subgroups } = readGroups()
  const byCode = new Map(styles.map((style) => [style, codePoints(style)]))

  const labelOf = new Map(emoji.map(({ label }) => [slug(label), label]))

  const iconOf = (style: Style, id: string, label: string): string | undefined => {
    const set = iconSet(style)
    const codes = byCode.get(style)!
    const names = codes.has(id)
      ? [codes.get(id)!]
      : [slug(label), ...[...byCode.values()].flatMap((c) => c.get(id) ?? []), formerNames[label] ?? []].flat()
    for (const name of names) {
      const found = canonicalName(set, name)
      // An alias may meanwhile be another concept's own name: 'cricket' is the game in old sets.
      if (found && (labelOf.get(found) ?? label) === label) return found
    }
    return undefined
  }

  return emoji.flatMap(({ label, hexcode, tags, group, subgroup }) => {
    if (group === undefined || subgroup === undefined) return []
    const id = plainCode(hexcode)
    const groupName = groups[group]!
    const subgroupName = subgroups[subgroup]!
    if (leftOutGroups.has(groupName) || leftOutSubgroups.has(subgroupName) || leftOutLabels.has(label)) return []
    if (clockFace.test(label) || variant.test(id) || variant.test(label)) return []
    const drawn: Concept['styles'] = {}
    for (const style of styles) {
      const icon = iconOf(style, id, label)
      if (icon) drawn[style] = icon
    }
    if (!drawn[taskStyle] || !pretrainStyles.some((style) => drawn[style])) return []
    return [{ id, name: conceptName(label), tags, group: groupName, subgroup: subgroupName, styles: drawn }]
  })
}

/** 'person: blond hair' → 'person with blond hair'; typographic quotes become plain ones. */
const conceptName = (label: string) => label.replace(/: /, ' with ').replaceAll('’', "'")
