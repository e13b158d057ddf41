/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of presets: every record in `presets/`. */
import { byId, inOrder } from '#shared/model/registry.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { SweepPreset } from './preset.ts'

const files = import.meta.glob<SweepPreset>('./presets/*.ts', { import: 'default', eager: true })
export const sweepPresets = inOrder(files)

/** @throws a user fault listing the known presets */
export const sweepPreset = byId(sweepPresets, (preset, known) => sentence('sweep.preset-unknown', { preset, known }))
