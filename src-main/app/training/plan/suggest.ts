/** What a project, as it is labelled now, is suited for. */
import type { Suggestion } from '#shared/model/plan.ts'
import { FEW_IMAGES, usualShares } from '#shared/model/usual-shares.ts'
import type { CuratedFacts } from '../../../db/planning.ts'

/**
 * The first that applies: labels of whole images, then regions, then what is missing, then captions. An image with several labels
 * belongs to no class; where most have several, their regions are what can be learned.
 */
export function suggest(facts: CuratedFacts): Suggestion {
  const { images, single, several, boxed, masked, captioned } = facts
  const splits = splitsFor(facts)
  if (single >= Math.max(2, several)) {
    const few = single < FEW_IMAGES
    return {
      recipe: 'lp',
      splits,
      with: { n: single },
      why: few
        ? {
            en: '{n} images have one label each: from so few a linear probe learns without forgetting; zero-shot shows what was known.',
            ja: 'ラベルが 1 つの画像は {n} 枚です。この枚数なら線形プローブが、モデルの知識を失わずに学習できます。ゼロショットで学習前の実力も分かります。',
          }
        : {
            en: '{n} images have one label each: a linear probe first, since it takes seconds; then LP-FT, which starts from it.',
            ja: 'ラベルが 1 つの画像が {n} 枚あります。まず数秒で済む線形プローブ、次にそこから始める LP-FT が順当です。',
          },
    }
  }
  if (masked || boxed)
    return masked >= boxed / 2
      ? {
          recipe: 'segment-ft',
          splits,
          with: { n: masked },
          why: {
            en: '{n} images have outlined regions: a segmenter by words learns from them.',
            ja: '輪郭のある領域を持つ画像が {n} 枚あります。言葉によるセグメンテーションが学習できます。',
          },
        }
      : {
          recipe: 'detect-ft',
          splits,
          with: { n: boxed },
          why: {
            en: '{n} images have labelled boxes: a detector by words learns from them, such as the Nano detector as the starting model.',
            ja: 'ラベル付きボックスのある画像が {n} 枚あります。言葉による検出器（開始モデルは Nano 検出器など）が学習できます。',
          },
        }
  if (several)
    return {
      recipe: null,
      splits: null,
      with: { n: several },
      why: {
        en: '{n} images have several labels each, which no recipe learns: keep the main one, or draw a region for each and train on these.',
        ja: '{n} 枚の画像にラベルが複数ありますが、そのまま学習できるレシピはありません。主なラベルだけを残すか、ラベルごとに領域を描いて検出器を学習してください。',
      },
    }
  if (captioned)
    return {
      recipe: 'captions',
      splits,
      with: { n: captioned },
      why: {
        en: '{n} images have captions and no labels: learn from the captions; what counts is how often image and caption find each other.',
        ja: '{n} 枚の画像に説明文はありますがラベルがありません。キャプションによる学習（CLIP の損失）ができ、画像とキャプションの相互検索で測ります。',
      },
    }
  return {
    recipe: null,
    splits: null,
    with: { n: images },
    why: { en: 'None of the {n} images has an accepted label yet.', ja: '承認済みのラベルがある画像はまだありません（全 {n} 枚）。' },
  }
}

/** Fractions for images that are in no splits yet. */
const splitsFor = ({ splits, single, several, boxed, captioned }: CuratedFacts): Suggestion['splits'] =>
  splits['train'] ? null : { ...usualShares(Math.max(single + several, boxed, captioned)) }
