/** The lines of a run's log in words. */
import type { RunLine } from '#shared/model/run-follow.ts'
import { duration, significant } from './format.ts'
import { errorWords } from './locales/error-words.ts'
import { phaseTitle } from './phases.ts'
import { splitName } from './splits.ts'

type Say = (key: string, named?: Record<string, unknown>) => string

/** @param n writes whole numbers */
export function lineWords(t: Say, n: (value: number) => string, line: RunLine): string {
  switch (line.kind) {
    case 'begun': {
      const images = Object.entries(line.images).map(([split, count]) => `${splitName(split)} ${n(count)}`)
      return t('runLog.begun', { images: images.join(', '), classes: n(line.classes), device: line.device, seed: line.seed })
    }
    case 'left-out':
      return t('runLog.leftOut', { n: n(line.images) })
    case 'phase':
      return t('runLog.phase', { phase: phaseTitle(t, line.phase, line.part), n: n(line.total) })
    case 'step': {
      const figures = [
        `${t('train.loss')} ${significant(line.loss)}`,
        ...(line.lr === undefined ? [] : [`${t('train.lr')} ${significant(line.lr)}`]),
        ...(line.gradNorm === undefined ? [] : [`${t('train.gradNorm')} ${significant(line.gradNorm)}`]),
        ...(line.imagesPerSecond === undefined ? [] : [t('train.speed', { n: significant(Math.round(line.imagesPerSecond)) })]),
      ]
      return `${t('train.steps', { at: line.step, all: line.steps })}: ${figures.join(', ')}`
    }
    case 'epoch': {
      const value = line.metric === 'loss' ? significant(line.value) : `${Number((100 * line.value).toFixed(1))}%`
      return t('runLog.epoch', { n: line.epoch, what: t(`runLog.${line.metric}`), value })
    }
    case 'waits':
      return t(`queue.waits.${line.waits.for}`, { path: line.waits.path })
    case 'goes-on':
      return t('runLog.goesOn')
    case 'ended': {
      const how = t(`status.${line.status}`)
      if (line.error !== null) return `${how}: ${errorWords(line.error)}`
      return line.device === undefined ? how : t('runLog.endedOn', { how, device: line.device })
    }
  }
}

/** As text for a file: a line each, with its time. */
export const asText = (lines: readonly RunLine[], t: Say, n: (value: number) => string): string =>
  lines.map((line) => `${new Date(line.at).toISOString()} ${lineWords(t, n, line)}\n`).join('')

/** Since the run began: '+40 s'. */
export const sinceStart = (lines: readonly RunLine[], line: RunLine): string => `+${duration((line.at - (lines[0]?.at ?? line.at)) / 1000)}`
