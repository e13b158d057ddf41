/// <reference types="vite/types/importMeta.d.ts" />
/** All tools: every record in `tools/`. */
import { toolSections, type ToolRecord } from './tool.ts'

const files = import.meta.glob<ToolRecord>('./tools/*.ts', { import: 'default', eager: true })
const place = (tool: ToolRecord) => toolSections.indexOf(tool.section) * 1000 + tool.order
export const tools: readonly ToolRecord[] = Object.values(files).sort((a, b) => place(a) - place(b))

const byId = new Map(tools.map((tool) => [tool.id, tool]))
/** @throws if there is no such tool */
export function toolOf(id: string): ToolRecord {
  const tool = byId.get(id)
  if (!tool) throw new Error(`no tool "${id}": there are ${[...byId.keys()].join(', ')}`)
  return tool
}
