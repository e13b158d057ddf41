import { createInterface } from 'node:readline/promises'
import path from 'node:path'
import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import type { HubPlan, ShelfEntry } from '#shared/model/hub.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import { convertOpenClip, joinTowers } from '../../engine/models/index.ts'
import type { AppContext } from '../context.ts'
import { download } from '../hub/download.ts'
import { hubOf } from '../hub/place.ts'
import { planOf } from '../hub/plan.ts'
import { removeModel } from '../hub/shelf.ts'
import { forgetToken, saveToken } from '../hub/token.ts'
import { resolveModel } from '../merging/model-folders.ts'
import { shelfOf } from '../merging/shelf.ts'
import { requireRoom } from '../storage/storage.ts'
import { progressBar } from '../terminal/progress.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { wholeNumber } from './numbers.ts'
import { output, untilDone } from './output.ts'

interface Json {
  json?: boolean
}

export const modelsCommand = (app: AppContext): Command =>
  new Command('models')
    .addCommand(listCommand(app), { isDefault: true })
    .addCommand(getCommand(app))
    .addCommand(convertCommand())
    .addCommand(joinCommand())
    .addCommand(removeCommand(app))
    .addCommand(tokenCommand(app))

const listCommand = (app: AppContext): Command =>
  new Command('list').description('list the models on this machine').action(async ({ json }: Json) => {
    const { hub, models, unfinished } = await shelfOf(app)
    const columns: Column<ShelfEntry>[] = [
      { title: 'model', align: 'left', value: (m) => m.name },
      { title: 'family', align: 'left', value: (m) => m.family ?? '–' },
      { title: 'can', align: 'left', value: (m) => m.can.join(' ') },
      { title: 'size', value: (m) => sizeWords(m.bytes) },
      { title: 'licence', align: 'left', value: (m) => m.licence ?? '–' },
      { title: 'problem', align: 'left', value: (m) => (m.problem ? say(m.problem) : '') },
    ]
    const begun = unfinished.map((u) => `unfinished: ${u.name}, ${sizeWords(u.bytes)} here; go on with dashi models get ${u.name}\n`)
    output(Boolean(json)).answer({ folder: hub.folder, models, unfinished }, () => `${renderTable(columns, models)}\n${begun.join('')}`)
  })

const getCommand = (app: AppContext): Command =>
  new Command('get')
    .description('download a model; an unfinished download goes on where it stopped')
    .argument('<name>', 'organisation/name')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--yes', 'agree to the model’s licence without being asked')
    .action(async (name: string, o: Json & { revision: string; yes?: boolean }) => {
      const { answer, say: remark } = output(Boolean(o.json))
      const place = hubOf(app)
      const stop = new AbortController()
      const run = async () => {
        const plan = await planOf(place, { name, revision: o.revision }, stop.signal)
        for (const line of planLines(plan)) remark(line)
        if (plan.problem) throw userError(sentence('in-field', { field: name, problem: plan.problem }))
        if (!plan.there && !o.yes) await agree(plan)
        const bar = progressBar(name, { total: plan.bytes })
        const done = await download(
          place,
          { name, commit: plan.commit, licence: plan.licence },
          {
            signal: stop.signal,
            room: (bytes) => requireRoom(app, undefined, () => bytes),
            onProgress: (at, total) => bar.update({ done: at, total, note: sizeWords(at) }),
          },
        )
        bar.end()
        return { ...done, licence: plan.licence, commit: plan.commit }
      }
      const done = await untilDone({ result: run(), cancel: () => stop.abort() })
      answer(done, () => `${done.folder}\n--model ${done.name} uses it`)
    })

const convertCommand = (): Command =>
  new Command('convert')
    .description('convert a model of open_clip, or OpenAI’s own weights of CLIP, to a folder that Dashi and transformers open')
    .argument('<source>', 'folder with open_clip_config.json and open_clip_model.safetensors, or a .safetensors file')
    .argument('<out>', 'folder to write')
    .option('--quick-gelu', 'the weights were trained with quick GELU, where nothing beside them says so')
    .option('--gelu', 'they were trained with GELU')
    .option('--tokenizer <place>', 'folder with a tokenizer, or CLIP’s bpe_simple_vocab_16e6.txt.gz')
    .action(async (source: string, out: string, o: Json & { quickGelu?: boolean; gelu?: boolean; tokenizer?: string }) => {
      const { answer, say: remark } = output(Boolean(o.json))
      const done = await convertOpenClip({ source, out, tokenizer: o.tokenizer, quickGelu: o.quickGelu ?? (o.gelu ? false : undefined) })
      if (!done.tokenizer) remark('no tokenizer lies beside the weights, so the model reads no texts: give --tokenizer')
      answer({ ...done, folder: path.resolve(out) }, () => `${out}: ${done.family}, ${done.tensors} tensors`)
    })

const joinCommand = (): Command =>
  new Command('join')
    .description(
      'make one model of an image tower (DINOv2, ViT, Swin, CLIP) and a text tower (CLIP, BERT), to be trained by captions: --recipe lit',
    )
    .argument('<image>', 'folder of a model with the image tower')
    .argument('<text>', 'folder of a model with the text tower')
    .argument('<out>', 'folder to write')
    .option('--dim <n>', 'length of the embeddings (default: the image tower’s width)', wholeNumber(1, 65_536))
    .option('--seed <n>', 'of the projections, which are drawn anew', wholeNumber(0, 999_999_999), 0)
    .action(async (image: string, text: string, out: string, o: Json & { dim?: number; seed: number }) => {
      const done = await joinTowers({ image, text, out, dim: o.dim, seed: o.seed })
      output(Boolean(o.json)).answer(
        { ...done, folder: path.resolve(out) },
        () => `${out}: ${done.tensors} tensors, embeddings of ${done.dim}`,
      )
    })

const planLines = (plan: HubPlan): string[] => [
  `${plan.name} at ${plan.commit.slice(0, 8)}, from ${plan.endpoint}`,
  `${plan.files.length} files, ${sizeWords(plan.bytes)}${plan.held ? `, of which ${sizeWords(plan.held)} are here` : ''}`,
  `licence: ${plan.licence ?? 'none stated'}${plan.gated ? ' (terms accepted on the hub’s site)' : ''}`,
  ...(plan.family ? [`family: ${plan.family}, can ${plan.can.join(', ')}`] : []),
]

/** @throws unless somebody at a terminal says yes */
async function agree({ name, licence, bytes }: HubPlan): Promise<void> {
  const terms = licence ?? say(sentence('hub.licence-none'))
  const refused = userError(sentence('hub.not-agreed', { name, licence: terms }))
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw refused
  const ask = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const said = await ask.question(`Download ${sizeWords(bytes)} under the licence ${terms}? [y/N] `)
    if (!/^y(es)?$/i.test(said.trim())) throw refused
  } finally {
    ask.close()
  }
}

const removeCommand = (app: AppContext): Command =>
  new Command('remove')
    .description('delete a model that Dashi downloaded')
    .argument('<name>', 'organisation/name, or its folder')
    .action(async (name: string, { json }: Json) => {
      const folder = resolveModel(name, app.modelFolders?.() ?? [])
      await removeModel(hubOf(app), folder)
      output(Boolean(json)).answer({ removed: folder }, () => `removed ${folder}`)
    })

const tokenCommand = (app: AppContext): Command =>
  new Command('token')
    .description('keep a token for models that only some accounts may have; it is read from standard input')
    .option('--forget', 'forget it instead')
    .action(async (o: Json & { forget?: boolean }) => {
      const place = hubOf(app)
      if (o.forget) await forgetToken(place)
      const kept = o.forget ? null : await saveToken(place, await fromInput())
      const words = {
        file: `kept in a file that only you can read, in ${place.secrets}`,
        keychain: 'kept in the keychain',
        environment: '',
      }
      output(Boolean(o.json)).answer({ token: kept }, () => (kept === null ? 'forgotten' : words[kept]))
    })

async function fromInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Paste the token and press Enter: ')
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    lines.close()
    return line
  }
  return ''
}

const sizeWords = (bytes: number) =>
  bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`
