/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of devices: every record in `devices/`. */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { DeviceRecord, Installed } from './device.ts'

const files = import.meta.glob<DeviceRecord>('./devices/*.ts', { import: 'default', eager: true })
export const deviceRecords: readonly DeviceRecord[] = Object.values(files).sort((a, b) => a.order - b.order)

/** @throws a user fault listing the known devices */
export function deviceRecord(id: string): DeviceRecord {
  const record = deviceRecords.find((d) => d.id === id)
  if (!record) throw userError(sentence('device.unknown', { device: id, devices: deviceRecords.map((d) => d.id).join(', ') }))
  return record
}

/** Ids of the devices that can be tried on this machine, in order of preference. */
export const devicesIn = (installed: Installed): string[] =>
  deviceRecords.filter((d) => !d.chooses && (d.isThere?.(installed) ?? installed.providers.has(d.id))).map((d) => d.id)
