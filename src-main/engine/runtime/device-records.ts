/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of devices: every record in `devices/`. */
import { byId, inOrder } from '#shared/model/registry.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { DeviceRecord, Installed } from './device.ts'

const files = import.meta.glob<DeviceRecord>('./devices/*.ts', { import: 'default', eager: true })
export const deviceRecords = inOrder(files)

/** @throws a user fault listing the known devices */
export const deviceRecord = byId(deviceRecords, (device, devices) => sentence('device.unknown', { device, devices }))

/** Ids of the devices that can be tried on this machine, in order of preference. */
export const devicesIn = (installed: Installed): string[] =>
  deviceRecords.filter((d) => !d.chooses && (d.isThere?.(installed) ?? installed.providers.has(d.id))).map((d) => d.id)
