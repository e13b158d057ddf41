/** CVAT's attribute definitions: docs.cvat.ai, "CVAT for images", <meta>/<task>/<labels>/<label>/<attributes>. */
import { attributeDefinition, type AttributeDefinition } from '#shared/model/attribute.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Said } from '../../findings.ts'
import { childText, escapeXml, numberOf, type XmlElement } from '../../xml.ts'

const inputs = { choice: 'select', number: 'number', text: 'text', 'yes/no': 'checkbox' } as const

export function definitionXml(a: AttributeDefinition): string {
  const values =
    a.type === 'choice'
      ? a.options.join('\n')
      : a.type === 'number'
        ? [a.min ?? Number.MIN_SAFE_INTEGER, a.max ?? Number.MAX_SAFE_INTEGER, 1].join('\n')
        : a.type === 'yes/no'
          ? 'false'
          : ''
  // CVAT requires a default for choices: like CVAT itself, use the first option if we have none.
  const standard = a.default === undefined ? (a.type === 'choice' ? a.options[0]! : a.type === 'yes/no' ? 'false' : '') : String(a.default)
  return [
    `<attribute><name>${escapeXml(a.name)}</name><mutable>False</mutable><input_type>${inputs[a.type]}</input_type>`,
    `<default_value>${escapeXml(standard)}</default_value><values>${escapeXml(values)}</values></attribute>`,
  ].join('')
}

/** Reads the definitions in a <label>; reasons for invalid ones are passed to `refused`. */
export function definitionsOf(label: XmlElement, refused: (reason: Said) => void): AttributeDefinition[] {
  const list = label.children.find((c) => c.name === 'attributes')?.children ?? []
  return list.flatMap((e) => {
    const name = childText(e, 'name') ?? ''
    const parsed = attributeDefinition.safeParse(
      definitionOf(name, childText(e, 'input_type') ?? '', childText(e, 'values') ?? '', childText(e, 'default_value') ?? ''),
    )
    if (parsed.success) return [parsed.data]
    refused(sentence('finding.of-attribute', { name: JSON.stringify(name), problem: inField('', parsed.error.issues[0]!.message) }))
    return []
  })
}

function definitionOf(name: string, input: string, values: string, standard: string): unknown {
  const options = [
    ...new Set(
      values
        .split(/\r?\n/)
        .map((v) => v.trim())
        .filter(Boolean),
    ),
  ]
  switch (input) {
    case 'select':
    case 'radio':
      return { type: 'choice', name, options, ...(options.includes(standard) ? { default: standard } : {}) }
    case 'number': {
      const [min, max] = values.split(/[\r\n;]+/).map(numberOf)
      const bound = (n: number | undefined) => n !== undefined && Number.isFinite(n) && Math.abs(n) < Number.MAX_SAFE_INTEGER
      const own = standard.trim() === '' ? NaN : numberOf(standard)
      return {
        type: 'number',
        name,
        ...(bound(min) ? { min } : {}),
        ...(bound(max) ? { max } : {}),
        ...(Number.isFinite(own) ? { default: own } : {}),
      }
    }
    case 'checkbox':
      return { type: 'yes/no', name, default: standard.toLowerCase() === 'true' }
    default:
      return { type: 'text', name, ...(standard ? { default: standard } : {}) }
  }
}
