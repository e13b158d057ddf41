import type { Locale } from '../locale.ts'
import { joined } from '../tables.ts'
import { actions } from './actions.ts'
import { curate } from './curate.ts'
import { data } from './data.ts'
import { features } from './features.ts'
import { first } from './first.ts'
import { keep } from './keep.ts'
import { keys } from './keys.ts'
import { label } from './label.ts'
import { labelling } from './labelling.ts'
import { menu } from './menu.ts'
import { models } from './models.ts'
import { projects } from './projects.ts'
import { queue } from './queue.ts'
import { reviewing } from './reviewing.ts'
import { route } from './route.ts'
import { sequence } from './sequence.ts'
import { shell } from './shell.ts'
import { skeleton } from './skeleton.ts'
import { upkeep } from './upkeep.ts'
import { window } from './window.ts'
import { change } from './history.ts'
import { sentencesJa } from './sentences/index.ts'

/** Japanese has no plural: one form is for any count. */
export const ja = {
  id: 'ja',
  name: '日本語',
  direction: 'ltr',
  complete: true,
  words: joined(
    actions,
    curate,
    data,
    features,
    first,
    keep,
    keys,
    label,
    labelling,
    menu,
    models,
    projects,
    queue,
    reviewing,
    route,
    sequence,
    shell,
    skeleton,
    upkeep,
    window,
  ),
  change,
  sentences: sentencesJa,
} satisfies Locale
