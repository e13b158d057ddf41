/** Arguments of options, read from their text. */
import { InvalidArgumentError } from 'commander'

export const wholeNumber = (least: number, most: number) => (text: string) => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most)
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
  return Number(text)
}
