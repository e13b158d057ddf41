/** The name of a journal action in the language of the interface: 'move 3 regions' is 「領域 3 個の移動」 in Japanese. */
import { spoken } from './locales/index.ts'

export const actionName = (action: string): string => spoken().change?.(action) ?? action
