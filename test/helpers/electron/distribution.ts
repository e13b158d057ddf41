/** A folder that electron-builder accepts as an unpacked Electron; its program contains nothing but the fuses. */
import fs from 'node:fs'
import path from 'node:path'

/** How Electron marks the location of its fuses: this sentence, the version and the length of the list, then a digit for each fuse. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
export const fuses = [
  'runAsNode',
  'enableCookieEncryption',
  'enableNodeOptionsEnvironmentVariable',
  'enableNodeCliInspectArguments',
  'enableEmbeddedAsarIntegrityValidation',
  'onlyLoadAppFromAsar',
  'loadBrowserProcessSpecificV8Snapshot',
  'grantFileProtocolExtraPrivileges',
] as const

/** The fuses that are on in Electron's own releases. */
const shipped = '10110001'

/** Writes an Electron for Linux into `dir`. */
export function electronFolder(dir: string): void {
  const files: Record<string, string | Buffer> = {
    electron: Buffer.concat([
      Buffer.from('\x7fELF stand-in '),
      Buffer.from(sentinel),
      Buffer.from([1, fuses.length]),
      Buffer.from(shipped),
      Buffer.from(' end'),
    ]),
    version: '45.4.1',
    LICENSE: 'of Electron',
    'LICENSES.chromium.html': 'of Chromium',
    'chrome-sandbox': '',
    'resources/default_app.asar': 'what Electron shows where there is no program',
    ...Object.fromEntries(['en-US', 'en-GB', 'ja', 'fr'].map((name) => [`locales/${name}.pak`, name])),
  }
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
    fs.writeFileSync(path.join(dir, file), content)
  }
  fs.chmodSync(path.join(dir, 'electron'), 0o755)
}

/** The fuses of a packaged program, by name. */
export function readFuses(file: string): Record<string, boolean> {
  const bytes = fs.readFileSync(file)
  const at = bytes.indexOf(sentinel) + sentinel.length + 2
  return Object.fromEntries(fuses.map((name, i) => [name, bytes[at + i] === '1'.charCodeAt(0)]))
}
