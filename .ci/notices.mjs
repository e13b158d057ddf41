// `out/THIRD-PARTY-NOTICES.txt`: the authors and licences of everything that a Dashi package contains, collected from the lock file
// (packages shipped as they are), from the bundles (bundled.mjs) and from the data in the sample's file.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { at } from './once.mjs'

const json = (...p) => JSON.parse(readFileSync(at(...p), 'utf8'))
const rule = '='.repeat(100)

/** Folders of the packages that are shipped as they are: the runtime dependencies of the lock file that were installed here. */
export function packedPackages(lock = json('package-lock.json')) {
  return Object.keys(lock.packages).filter(
    (folder) => folder && !lock.packages[folder].dev && !lock.packages[folder].devOptional && existsSync(at(folder, 'package.json')),
  )
}

const bundledPackages = () => readdirSync(at('out', 'bundled')).flatMap((file) => json('out', 'bundled', file))

/** Folders of the data packages that `out/sample.json.gz` was extracted from. */
function samplePackages() {
  const files = Object.keys(JSON.parse(gunzipSync(readFileSync(at('out', 'sample.json.gz')))))
  return [
    ...new Set(
      files.map(
        (file) =>
          `node_modules/${file
            .split('/')
            .slice(0, file.startsWith('@') ? 2 : 1)
            .join('/')}`,
      ),
    ),
  ]
}

/** What the notices list for a package: name, SPDX licence, author, source, and the licence texts it carries. */
function read(folder) {
  const { name, version, license, licenses, author, repository, homepage } = json(folder, 'package.json')
  // Icon sets name their author and licence in a file of their own.
  const drawn = existsSync(at(folder, 'info.json')) ? json(folder, 'info.json') : undefined
  const readme = existsSync(at(folder, 'README.md')) ? readFileSync(at(folder, 'README.md'), 'utf8') : ''
  const texts = readdirSync(at(folder))
    .filter((file) => /^(licen[cs]e|copying|copyright|notice|third-?party)/i.test(file) && !/\.[cm]?[jt]s$/.test(file))
    .map((file) => readFileSync(at(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
  return {
    title: `${name} ${version}`,
    spdx: drawn?.license.spdx ?? license?.type ?? license ?? licenses?.map((l) => l.type).join(' OR ') ?? 'not stated',
    by: drawn ? `${drawn.name} by ${drawn.author.name}` : typeof author === 'object' ? author.name : author?.replace(/\s*[<(].*/, ''),
    from: drawn?.author.url ?? (homepage || (repository?.url ?? repository ?? '').replace(/^git\+|\.git$/g, '')),
    texts,
    // The components of a library, if its readme lists them.
    contents: /^## Licensing\s*([^]*)/m.exec(readme)?.[1].trim() ?? '',
  }
}

const line = ({ title, spdx, by, from }) => `  ${title}: ${spdx}${by ? `, ${by}` : ''}${from ? `, ${from}` : ''}`

/** Packages with the same licence text are listed together, so that each text is printed once. */
function sections(packages) {
  const byText = new Map()
  for (const p of packages) {
    const text = p.texts.join(`\n${'-'.repeat(40)}\n`)
    byText.set(text, [...(byText.get(text) ?? []), p])
  }
  const without = byText.get('') ?? []
  byText.delete('')
  const told = [...byText].map(([text, those]) => `${rule}\n${those.map(line).join('\n')}\n\n${text}\n`)
  return [
    ...told,
    `${rule}\nThese carry no text of their own; their terms are named by the identifiers of https://spdx.org/licenses:\n\n${without.map(line).join('\n')}\n`,
  ]
}

export function notices() {
  const folders = [...new Set([...packedPackages(), ...bundledPackages(), ...samplePackages()])]
  const packages = folders.map(read).sort((a, b) => (a.title < b.title ? -1 : 1))
  const under = (terms) =>
    packages
      .filter(({ spdx }) => terms.test(spdx))
      .map(line)
      .join('\n')
  const libraries = packages.filter(({ spdx }) => /GPL/.test(spdx))
  return [
    'Dashi is under the Apache License 2.0 (the file LICENSE). It carries the work of others, on the terms below.',
    'Electron and Chromium tell theirs in LICENSE.electron.txt and LICENSES.chromium.html, the Node.js beside them in resources/node/LICENSE.',
    `${rule}\nUnder the GNU Lesser General Public License (its text and that of the GPL, which it refers to, stand at the end):\n\n${under(/GPL/)}\n`,
    'They are libraries in files of their own (in node_modules/@img), loaded when Dashi runs: you may put others of the same interface there.',
    'Their sources, and how they are built: https://github.com/lovell/sharp-libvips.\n',
    ...libraries.map(({ contents }) => contents),
    `\n${rule}\nDrawings and texts under Creative Commons licences that ask for attribution (BY), and for the same terms (SA):\n\n${under(/^CC-BY/)}\n`,
    'Of these sets Dashi carries, unchanged, the icons that its sample draws (out/sample.json.gz).',
    'The sample’s pictures are drawn from them, on the same terms.',
    'https://creativecommons.org/licenses/by/4.0/legalcode, https://creativecommons.org/licenses/by-sa/4.0/legalcode',
    'The model Nano was trained on such drawings: resources/nano/README.md says on which.',
    'So were the models made from it, in resources/nano-detect, nano-refine, nano-outline, nano-segment and nano-names;',
    'the last also on drawings of EmojiOne’s first version (CC-BY-SA-4.0) and of Streamline (CC-BY-4.0), which its README.md names.\n',
    ...sections(packages),
    ...(libraries.length
      ? ['LGPL-3.0', 'GPL-3.0'].map((name) => `${rule}\n${name}\n\n${readFileSync(at('.ci', 'licences', `${name}.txt`), 'utf8')}`)
      : []),
  ].join('\n')
}

export const writeNotices = () => writeFileSync(at('out', 'THIRD-PARTY-NOTICES.txt'), notices())

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) writeNotices()
