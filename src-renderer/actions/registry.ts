/** Every action of the application, by name: what the palette lists, keys call, menus ask for. */
import { nextTick } from 'vue'
import { canSignOut, signOut } from '../rpc/session.ts'
import { canvasActions, toolNames, type CanvasAction } from '../canvas/index.ts'
import { useAgreement } from '../stores/agreement.ts'
import { useAids } from '../stores/aids.ts'
import { useClassify } from '../stores/classify.ts'
import { useComments } from '../stores/comments.ts'
import { tools, useCuration } from '../stores/curation.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useGallery } from '../stores/gallery.ts'
import { useGrounding } from '../stores/grounding.ts'
import { useIncomplete } from '../stores/incomplete.ts'
import { useJobs } from '../stores/jobs.ts'
import { useProject } from '../stores/project.ts'
import { useReview } from '../stores/review.ts'
import { useSession } from '../stores/session.ts'
import { rooms, useShell, type Dialog } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import { useRoute } from '../routing/route.ts'
import { offeredLocales } from '../locales/index.ts'
import { chooseFolder } from './folder.ts'
import { trackActions } from './tracks.ts'
import { bulk, chosenImages, copyFrom, copyOnward } from './bulk.ts'
import { acceptShown, splitNow } from './whole.ts'

export const groups = ['go', 'project', 'tools', 'edit', 'view', 'label', 'review', 'images', 'models', 'window'] as const
export type Group = (typeof groups)[number]

export interface AppAction {
  id: string
  group: Group
  /** Can it do anything now? */
  available(): boolean
  /** false: it had nothing to do, so that another action of the same key may. */
  run(): unknown
  /** For the palette, where the name is not a message. */
  title?: string
}

const drawing = new Set<string>(['undo', 'redo'])
const viewing = /^(zoom|toggle|hide-all|brush)/

export function makeActions(): Map<string, AppAction> {
  const [openImage, gallery, project, session, shell, toasts] = [
    useOpenImage(),
    useGallery(),
    useProject(),
    useSession(),
    useShell(),
    useToasts(),
  ]
  const incomplete = useIncomplete()
  const [review, grounding, curation, jobs, classify, route] = [
    useReview(),
    useGrounding(),
    useCuration(),
    useJobs(),
    useClassify(),
    useRoute(),
  ]
  const [agreement, comments] = [useAgreement(), useComments()]
  const aids = useAids()
  const opened = () => project.opened !== null
  const labelling = () => opened() && shell.room === 'label' && openImage.content !== null
  const browsing = () => opened() && shell.room === 'data'
  const chosen = () => browsing() && gallery.selection.size > 0
  const failing = (promise: Promise<unknown>) =>
    void promise.catch((e: unknown) => toasts.error(e instanceof Error ? e.message : String(e)))

  const list: AppAction[] = []
  const add = (id: string, group: Group, available: () => boolean, run: AppAction['run']) => list.push({ id, group, available, run })
  const dialog = (id: string, group: Group, what: Dialog, available = () => true) => add(id, group, available, () => void shell.open(what))

  for (const room of rooms)
    add(`go-${room}`, 'go', opened, () => {
      if (room === 'label' && openImage.mediaId === null && gallery.ids.length) return void openImage.step(1)
      shell.room = room
    })

  add(
    'open-folder',
    'project',
    () => true,
    () => failing(chooseFolder('open').then((folder) => (folder ? project.open(folder) : undefined))),
  )
  add(
    'open-sample',
    'project',
    () => !project.opening,
    () => failing(project.openSample()),
  )
  add('add-folder', 'project', opened, () => failing(chooseFolder('add').then((folder) => (folder ? bulk.addFolder(folder) : undefined))))
  add('close-project', 'project', opened, () => failing(project.close()))
  dialog('import', 'project', 'import', opened)
  dialog('export', 'project', 'export', opened)
  dialog('snapshots', 'project', 'snapshots', opened)
  dialog('edit-labels', 'project', 'labels', opened)

  // Steps of the window's history: they show what was shown, and take back no edit.
  add(
    'back',
    'go',
    () => true,
    () => route.back(),
  )
  add(
    'forward',
    'go',
    () => true,
    () => route.forward(),
  )
  add(
    'go-to-image',
    'go',
    () => (browsing() || labelling() || (opened() && shell.room === 'label')) && gallery.ids.length > 0,
    () => void (shell.goingTo = true),
  )
  add('copy-link', 'go', opened, () => failing(navigator.clipboard.writeText(location.href).then(() => toasts.done('route.copied'))))
  add('next-image', 'go', opened, () => (shell.room === 'label' ? openImage.step(1) : false))
  add('previous-image', 'go', opened, () => (shell.room === 'label' ? openImage.step(-1) : false))

  // A drawing in progress has its own steps; then the journal's.
  for (const how of ['undo', 'redo'] as const)
    add(how, 'edit', opened, () => {
      if (labelling() && openImage.editor.execute(how)) return
      void (classify.working ? classify : agreement.working ? agreement : openImage).turn(how)
    })
  const proposals = () => (labelling() ? openImage.editor.atHand.filter((r) => r.state === 'proposed') : [])
  /** Nothing but proposals is in the hand, and nothing in progress: cancelling means to reject them. */
  const judging = () =>
    openImage.editor.state.path.endsWith('.idle') &&
    grounding.words === null &&
    openImage.selected.length > 0 &&
    openImage.selected.every((r) => r.state === 'proposed')
  const canvas = (id: CanvasAction): void => {
    if (drawing.has(id)) return
    add(id, id.startsWith('tool-') ? 'tools' : viewing.test(id) ? 'view' : 'edit', labelling, () =>
      id === 'cancel' && judging() ? false : openImage.editor.execute(id),
    )
  }
  for (const tool of toolNames) canvas(`tool-${tool}`)
  for (const id of canvasActions) canvas(id)

  for (let n = 1; n <= 9; n++)
    add(
      `label-${n}`,
      'label',
      () => opened() && project.labelForKey(String(n)) !== undefined,
      () => {
        const label = project.labelForKey(String(n))
        if (!label) return false
        if (shell.room === 'label') openImage.editor.setLabel(label.id)
        else if (chosen()) bulk.label([...gallery.selection], label.id)
        else return false
      },
    )
  const before = () => gallery.ids[(gallery.places.get(openImage.mediaId ?? 0) ?? 0) - 1]
  add(
    'copy-previous',
    'label',
    () => labelling() && before() !== undefined,
    () => failing(copyFrom(before()!)),
  )
  add(
    'copy-next',
    'label',
    () => labelling() && openImage.selected.length > 0,
    () => failing(copyOnward(1)),
  )
  add(
    'edit-attributes',
    'label',
    () => labelling() && openImage.selected.length > 0,
    () => document.querySelector<HTMLElement>('[data-attributes] :is(select, input)')?.focus(),
  )
  for (const { id, available, run } of trackActions(labelling)) add(id, id === 'toggle-timeline' ? 'view' : 'label', available, run)
  dialog('templates', 'label', 'templates', labelling)
  add(
    'place-template',
    'label',
    () => labelling() && aids.last !== null,
    () => aids.place(aids.last, 'same'),
  )
  add(
    'place-template-here',
    'label',
    () => labelling() && aids.last !== null,
    () => aids.place(aids.last, 'pointer'),
  )
  add('find-label', 'label', labelling, () => document.querySelector<HTMLInputElement>('[data-find-label] input')?.focus())
  add('add-caption', 'label', labelling, () => document.querySelector<HTMLElement>('[data-add-caption]')?.click())

  add(
    'accept',
    'review',
    () => proposals().length > 0,
    () =>
      proposals().length
        ? bulk.regionState(
            proposals().map((r) => r.id),
            'accepted',
          )
        : false,
  )
  add(
    'reject',
    'review',
    () => proposals().length > 0,
    () =>
      proposals().length
        ? bulk.regionState(
            proposals().map((r) => r.id),
            'rejected',
          )
        : false,
  )
  const all = () => (labelling() ? openImage.regions.filter((r) => r.state === 'proposed') : [])
  add(
    'accept-all',
    'review',
    () => all().length > 0,
    () =>
      bulk.regionState(
        all().map((r) => r.id),
        'accepted',
      ),
  )
  add(
    'accept-shown',
    'review',
    () => opened() && gallery.ids.length > 0 && (project.facets?.proposed ?? 0) > 0,
    () => failing(acceptShown()),
  )
  add(
    'next-incomplete',
    'label',
    () => labelling() && incomplete.regions.length > 0,
    () => incomplete.lead(),
  )
  add(
    'next-proposal',
    'review',
    () => all().length > 0,
    () => {
      const list = [...all()].reverse()
      const at = list.findIndex((r) => openImage.selection.includes(r.id))
      openImage.editor.setSelection([list[(at + 1) % list.length]!.id])
    },
  )
  add(
    'settle-disagreements',
    'review',
    () => opened() && agreement.list.length > 0,
    () => failing(agreement.begin()),
  )
  add('classify-mode', 'label', labelling, () => classify.toggle())
  add(
    'classify-several',
    'label',
    () => labelling() && classify.active,
    () => classify.toggleSeveral(),
  )
  add('next-unlabelled', 'label', labelling, () => classify.nextUnlabelled())
  add('review-mode', 'review', labelling, () => review.toggle())
  add('comment', 'review', labelling, () => comments.compose())
  add('next-comment', 'review', opened, () => failing(comments.step(1).then(told)))
  add('previous-comment', 'review', opened, () => failing(comments.step(-1).then(told)))
  const told = (found: boolean) => void (found || toasts.say('comments.none'))
  add(
    'review-accept',
    'review',
    () => labelling() && review.active && proposals().length === 0,
    () => incomplete.done(() => review.give('approved')),
  )
  const verdict = (id: string, state: 'approved' | 'rejected' | 'in-review' | 'unreviewed') =>
    add(
      id,
      'review',
      () => opened() && targets().length > 0,
      () => {
        const one = labelling() && gallery.selection.size === 0
        if (one && state === 'approved') incomplete.done(() => review.give('approved'))
        else if (one && state === 'rejected' && review.active) review.sendBack()
        else bulk.review(targets(), state)
      },
    )
  const targets = chosenImages
  verdict('approve', 'approved')
  verdict('send-back', 'rejected')
  verdict('ask-review', 'in-review')
  verdict('clear-review', 'unreviewed')
  add(
    'caption-onward',
    'label',
    () => labelling() && grounding.words !== null,
    () => void grounding.asked++,
  )
  add(
    'end-grounding',
    'label',
    () => grounding.words !== null,
    () => grounding.end(),
  )

  add(
    'open-image',
    'images',
    () => browsing() && gallery.ids.length > 0,
    () => {
      if (!browsing()) return false
      const id = gallery.ids[gallery.focus]
      if (id !== undefined) void openImage.open(id)
    },
  )
  add('choose-all', 'images', browsing, () => gallery.chooseAll())
  add('choose-none', 'images', chosen, () => gallery.selection.clear())
  for (const split of ['train', 'val', 'test'] as const)
    add(
      `split-${split}`,
      'images',
      () => opened() && targets().length > 0,
      () => bulk.split(targets(), split),
    )
  add(
    'split-none',
    'images',
    () => opened() && targets().length > 0,
    () => bulk.split(targets(), null),
  )
  dialog('relabel', 'images', 'relabel', () => opened() && project.labels.length > 1 && (targets().length > 0 || gallery.ids.length > 0))
  dialog('bulk-edit', 'images', 'bulk', () => opened() && targets().length > 0)
  add('remove-images', 'images', chosen, () => (chosen() ? failing(bulk.remove([...gallery.selection])) : false))
  add(
    'split-now',
    'images',
    () => opened() && gallery.ids.length > 0,
    () => failing(splitNow()),
  )
  for (const tool of tools)
    add(`curate-${tool}`, 'images', opened, () => {
      shell.room = 'data'
      curation.tool = tool
    })
  add(
    'find-similar',
    'images',
    () => opened() && targets().length === 1,
    () => {
      shell.room = 'data'
      void curation.searchLike(targets()[0]!)
    },
  )
  const only = (id: string, patch: Parameters<typeof gallery.set>[0]) =>
    add(id, 'images', opened, () => {
      gallery.set(patch)
      if (shell.room !== 'label') shell.room = 'data'
    })
  only('filter-unlabelled', { unlabelled: true })
  only('filter-proposed', { state: 'proposed' })
  only('filter-doubtful', { score: { max: 0.5 } })
  add(
    'filter-clear',
    'images',
    () => opened() && gallery.filtered,
    () => gallery.clear(),
  )

  /** In its room, what the form's button does; from elsewhere the way to that button. */
  const submit = (id: string, room: 'train' | 'compare' | 'merge') =>
    add(id, 'models', opened, () => {
      const button = () => document.querySelector<HTMLElement>('[data-start]')
      if (shell.room === room) return button()?.click()
      shell.room = room
      void nextTick(() => button()?.focus())
    })
  submit('start-training', 'train')
  submit('start-comparison', 'compare')
  submit('make-soup', 'merge')
  add(
    'cancel-jobs',
    'models',
    () => jobs.running.length > 0,
    () => jobs.running.forEach((j) => void jobs.cancel(j.id)),
  )

  add('toggle-strip', 'window', labelling, () => toggleSidebar('strip'))
  add('toggle-inspector', 'window', labelling, () => toggleSidebar('inspector'))
  add('toggle-facets', 'window', browsing, () => toggleSidebar('data'))
  const toggleSidebar = (which: 'data' | 'strip' | 'inspector') => {
    const { sidebars } = session.settings
    session.save({ sidebars: { ...sidebars, [which]: !sidebars[which] } })
  }
  add('sign-out', 'window', canSignOut, () => failing(signOut().then(() => location.replace('/'))))
  for (const theme of ['light', 'dark', 'system'] as const)
    add(
      `theme-${theme}`,
      'window',
      () => session.settings.theme !== theme,
      () => session.save({ theme }),
    )
  for (const { id: language } of offeredLocales)
    add(
      `language-${language}`,
      'window',
      () => session.language !== language,
      () => session.save({ language }),
    )
  dialog('command-palette', 'window', 'palette')
  dialog('help', 'window', 'help')
  dialog('settings', 'window', 'settings')
  dialog('about', 'window', 'about')

  return new Map(list.map((action) => [action.id, action]))
}
