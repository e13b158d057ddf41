/**
 * Prefix conditioning (Saito et al. 2023, §3): a learned token before each text tells captions from labels, so that the narrow language
 * of labels does not become that of captions; at inference it is chosen. Here it takes the place of a token that occurs in no text, so that
 * the checkpoint stays one of its family and the choice is one of templates. The loss is UniCL's, one of the two that the paper conditions.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../../data/rng.ts'
import { textTower } from '../../models/families.ts'
import { captionTuning, varied } from '../caption-settings.ts'
import { captionPhases, labelled, ofTowers, tuneCaptions } from '../caption-tune.ts'
import type { OwnTensor } from '../overlay.ts'
import { softTargetLoss } from '../pair-loss.ts'
import { classTextsOf } from '../pairs.ts'
import { defineRecipe } from '../recipe.ts'
import { reducing } from '../reducing.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting } from '../settings.ts'

const prefix = (symbol: string, en: string, ja: string, name: [string, string]) =>
  setting(z.string().min(1).max(40).default(symbol), en, ja, { name, advanced: true })

const settings = z.strictObject({
  ...captionTuning(1e-5),
  ...varied,
  ...reducing,
  captionToken: prefix('~', 'The token that is learned anew as the prefix of captions', 'キャプションの接頭辞として学習し直すトークン', [
    'Token of captions',
    'キャプションのトークン',
  ]),
  labelToken: prefix('^', 'The token that is learned anew as the prefix of labels', 'ラベルの接頭辞として学習し直すトークン', [
    'Token of labels',
    'ラベルのトークン',
  ]),
  ...seeing,
})

export default defineRecipe({
  id: 'prefix',
  order: 44,
  title: { en: 'Labels and captions with a prefix each (prefix conditioning)', ja: '接頭辞で区別するラベルとキャプションの学習' },
  about: {
    en: 'Trains as UniCL does, with a learned token before each text that says whether it is a caption or made of a label.',
    ja: 'UniCL と同じ学習に、キャプションかラベルかを示す学習トークンを各テキストの先頭に加えます。',
  },
  when: {
    en: 'Choose it over UniCL where labels are few words and captions whole sentences, and zero-shot of other classes matters.',
    ja: 'ラベルは短い語、キャプションは文で、ほかのクラスのゼロショット分類も重要なときに、UniCL の代わりに。',
  },
  citation: 'Saito et al. 2023, Prefix conditioning unifies language and label supervision, arXiv:2206.01125',
  ...labelled,
  phases: captionPhases(5),
  settings,
  mark: { label: 'Prefix', shape: 'tag', light: '#2c6a6a', dark: '#86d0cf' },
  run: tunePrefixes,
})

async function tunePrefixes(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const tokens = { captions: tokenOf(run, 'captionToken', s.captionToken), labels: tokenOf(run, 'labelToken', s.labelToken) }
  if (tokens.captions === tokens.labels)
    throw userError(sentence('recipe.no-prefix', { recipe: 'prefix', setting: 'labelToken', found: s.labelToken }))
  const wording = (text: string, isCaption: boolean) => `${isCaption ? s.captionToken : s.labelToken} ${text}`
  const trained = await tuneCaptions(run, s, {
    ...{ recipe: 'prefix', labels: true, pictures: s, trains: ofTowers, wording },
    ...{ own: renewed(run, Object.values(tokens)), ...softTargetLoss },
  })
  return {
    ...trained,
    wording: { templates: run.o.templates.map((template) => wording(template, false)), captionTemplate: wording('{}', true) },
  }
}

/** @throws a user error if the text is not one token, or occurs in what is learned from */
function tokenOf(run: Run, name: string, text: string): number {
  const ids = run.model.tokenizer.inner(text)
  const captions = run.split('train').items.flatMap((item) => item.captions ?? [])
  if (ids.length !== 1 || [...captions, ...classTextsOf(run).flat()].some((own) => own.includes(text)))
    throw userError(sentence('recipe.no-prefix', { recipe: 'prefix', setting: name, found: text }))
  return ids[0]!
}

/** The table of tokens with new rows in place of these: N(0, 0.02), as those of learned prompts. */
function renewed({ model, o }: Run, ids: readonly number[]): ReadonlyMap<string, OwnTensor> {
  const { table, width, vocabulary } = textTower(model, 'prefix')
  const data = Float32Array.from(model.weights.float32(table))
  const rng = Rng.of(o.seed, 0x9ef1)
  for (const id of ids) for (let i = 0; i < width; i++) data[id * width + i] = 0.02 * rng.normal()
  return new Map([[table, { shape: [vocabulary, width], data }]])
}
