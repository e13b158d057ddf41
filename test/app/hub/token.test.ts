/** Keeping a token: in a keychain that works, else in a file of this user's alone. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { HubPlace } from '../../../src-main/app/context.ts'
import { findToken, forgetToken, saveToken } from '../../../src-main/app/hub/token.ts'
import { keychainOf } from '../../../src-main/app/hub/keychain.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { placeIn } from './shelf-of.ts'

const TOKEN = 'hf_abcdefghijklmnop'
let dir: string
let place: HubPlace
beforeEach(() => {
  dir = temporaryFolder()
  place = placeIn(dir, { endpoint: 'https://hub.example' })
})
const file = () => path.join(dir, 'config', 'hub-tokens.json')

/** A program of that name that keeps its input in a file, and notes how it was called. */
function program(name: string, script: string): void {
  fs.writeFileSync(path.join(dir, name), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${dir}/called'\nPATH=/usr/bin:/bin\n${script}`, {
    mode: 0o755,
  })
}
const called = () => fs.readFileSync(path.join(dir, 'called'), 'utf8')

describe.skipIf(process.platform === 'win32')('on a system with a keychain', () => {
  const kept = () => `'${dir}/kept'`
  test('it is kept there, is no argument of any program, and is forgotten', async () => {
    const tools: Record<'linux' | 'darwin', [string, string]> = {
      linux: ['secret-tool', `case $1 in store) cat > ${kept()};; lookup) cat ${kept()} 2>/dev/null;; clear) rm -f ${kept()};; esac`],
      darwin: [
        'security',
        [
          `case $1 in -i) sed 's/.*-w "\\(.*\\)"/\\1/' > ${kept()};;`,
          `find-*) [ -f ${kept()} ] || exit 44; cat ${kept()};;`,
          `delete-*) rm -f ${kept()};; esac`,
        ].join('\n'),
      ],
    }
    for (const platform of ['linux', 'darwin'] as const) {
      const [name, script] = tools[platform]
      program(name, script)
      const keychain = keychainOf(place.env, platform)
      await keychain.store('https://hub.example', TOKEN)
      expect(await keychain.find('https://hub.example'), platform).toBe(TOKEN)
      await keychain.remove('https://hub.example')
      expect(await keychain.find('https://hub.example').catch(() => null), platform).toBeNull()
    }
    expect(called()).not.toContain(TOKEN)
  })

  test.runIf(process.platform === 'linux')('the application uses it, and asks it only for a token that it was given', async () => {
    program('secret-tool', `case $1 in store) cat > ${kept()};; lookup) cat ${kept()} 2>/dev/null;; clear) rm -f ${kept()};; esac`)
    expect(await saveToken(place, ` ${TOKEN}\n`)).toBe('keychain')
    expect(await findToken(place)).toEqual({ text: TOKEN, place: 'keychain' })
    expect(fs.readFileSync(file(), 'utf8')).not.toContain(TOKEN)
    await forgetToken(place)
    fs.rmSync(path.join(dir, 'called'))
    expect(await findToken(place)).toBeNull()
    expect([fs.existsSync(path.join(dir, 'called')), fs.existsSync(file())]).toEqual([false, false])
  })
})

describe('on a system without one', () => {
  test('it is kept in a file that only this user may read, for the address that it was given for', async () => {
    expect(await saveToken(place, TOKEN)).toBe('file')
    if (process.platform !== 'win32') expect(fs.statSync(file()).mode & 0o777).toBe(0o600)
    expect(await findToken(place)).toEqual({ text: TOKEN, place: 'file' })
    expect(await findToken(placeIn(dir, { endpoint: 'https://mirror.example' }))).toBeNull()
    await forgetToken(place)
    expect([await findToken(place), fs.existsSync(file())]).toEqual([null, false])
  })

  test.runIf(process.platform === 'linux')('so it is where the keychain’s program is there but fails', async () => {
    program('secret-tool', 'echo "Cannot autolaunch D-Bus" >&2; exit 1')
    expect(await saveToken(place, TOKEN)).toBe('file')
    expect(await findToken(place)).toMatchObject({ place: 'file' })
  })
})

test('HF_TOKEN comes first, and what is no token is refused', async () => {
  await saveToken(place, TOKEN)
  expect(await findToken({ ...place, env: { ...place.env, HF_TOKEN: 'hf_other_one' } })).toEqual({
    text: 'hf_other_one',
    place: 'environment',
  })
  await expect(findToken({ ...place, env: { ...place.env, HF_TOKEN: 'two words' } })).rejects.toThrow(/expected a token/)
  for (const no of ['', 'short', 'with space in', 'quo"te12345', 'new\nline1234'])
    await expect(saveToken(place, no)).rejects.toThrow(/expected a token/)
})
