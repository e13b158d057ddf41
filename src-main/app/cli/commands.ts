import type { Command } from 'commander'
import type { CliContext } from './context.ts'

export interface Listed {
  readonly about: string
  /** What follows its name, as the list of commands shows it. */
  readonly operands?: string
  /** Has commands of its own, and no options. */
  readonly group?: true
  /** Its module and all that it needs are loaded when it is asked for, so that a start takes no longer than it must. */
  load(): Promise<(app: CliContext) => Command>
}

/** Each command by its name, in the order of the help. */
export const commands: Readonly<Record<string, Listed>> = {
  demo: {
    about: 'run the main workflow on drawn pictures: fine-tune five ways, blend soups, compare, report',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  start: {
    about: 'start the workbench: on the desktop where Electron is available, else in the browser',
    load: async () => (await import('./serve.ts')).startCommand,
  },
  serve: {
    about: 'serve the workbench to a browser: HTTP and WebSocket on the loopback address',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  project: {
    about: 'create, inspect and maintain projects',
    group: true,
    load: async () => (await import('./project.ts')).projectCommand,
  },
  import: {
    about: 'import images and annotations into a project',
    operands: '<path>',
    load: async () => (await import('./exchange.ts')).importCommand,
  },
  export: {
    about: 'export a project’s images and annotations',
    operands: '<path>',
    load: async () => (await import('./exchange.ts')).exportCommand,
  },
  formats: {
    about: 'list the formats that can be imported and exported',
    load: async () => (await import('./exchange.ts')).formatsCommand,
  },
  labels: {
    about: 'export, import and edit the label set',
    group: true,
    load: async () => (await import('./labels.ts')).labelsCommand,
  },
  split: {
    about: 'divide the images into splits, stratified by label, without separating near-duplicates',
    load: async () => (await import('./curation.ts')).splitCommand,
  },
  dedup: {
    about: 'find near-duplicates: same bytes, close perceptual hashes, close embeddings (SemDeDup)',
    load: async () => (await import('./curation.ts')).dedupCommand,
  },
  embed: {
    about: 'embed images and texts: normalised embeddings, and the logits of each image for each text',
    load: async () => (await import('./embed.ts')).embedCommand,
  },
  classify: {
    about: 'classify images, by the checkpoint’s own classes or by the given labels',
    load: async () => (await import('./embed.ts')).classifyCommand,
  },
  preview: {
    about: 'show what a model finds in an image, by words or by an example',
    load: async () => (await import('./preview.ts')).previewCommand,
  },
  propose: {
    about: 'let a model look for labels in many images; what it finds become proposals, to be accepted or rejected by people',
    load: async () => (await import('./propose.ts')).proposeCommand,
  },
  lab: {
    about: 'compare sets of prompts for a label on the images that people have labelled, beside those that it has',
    load: async () => (await import('./lab.ts')).labCommand,
  },
  train: {
    about: 'fine-tune a checkpoint on a project’s labelled images',
    load: async () => (await import('./train.ts')).trainCommand,
  },
  sweep: {
    about: 'train a recipe many times with some of its settings varied, and compare the means over seeds',
    load: async () => (await import('./sweep.ts')).sweepCommand,
  },
  slurm: {
    about: 'what is asked of a Slurm cluster for each run, and whether there is one',
    load: async () => (await import('./slurm.ts')).slurmCommand,
  },
  evaluate: {
    about: 'measure a checkpoint on a project’s splits',
    load: async () => (await import('./models.ts')).evaluateCommand,
  },
  next: {
    about: 'choose which images to label next, by what a checkpoint makes of them; its guesses become proposals',
    load: async () => (await import('./next.ts')).nextCommand,
  },
  curve: {
    about: 'accuracy of each training against the number of labels that it was given',
    load: async () => (await import('./next.ts')).curveCommand,
  },
  merge: {
    about: 'blend checkpoints into one',
    operands: '<checkpoints...>',
    load: async () => (await import('./models.ts')).mergeCommand,
  },
  models: {
    about: 'the models on this machine, and downloading more from the Hugging Face hub',
    group: true,
    load: async () => (await import('./hub.ts')).modelsCommand,
  },
  devices: {
    about: 'what computes on this machine, how it agrees with the CPU, and how fast it is',
    load: async () => (await import('./devices.ts')).devicesCommand,
  },
  jobs: {
    about: 'a project’s queue: waiting, running and interrupted jobs',
    group: true,
    load: async () => (await import('./jobs.ts')).jobsCommand,
  },
  runs: {
    about: 'a project’s trainings and soups: list, rename, annotate, export, delete',
    group: true,
    load: async () => (await import('./runs.ts')).runsCommand,
  },
  storage: {
    about: 'what is kept on disk, and the budget for all of it',
    load: async () => (await import('./storage.ts')).storageCommand,
  },
  pretrain: {
    about: 'train a built-in model from scratch (hours): Nano, or the detector or segmenter that starts from it',
    operands: '[model]',
    load: async () => (await import('./pretrain.ts')).pretrainCommand,
  },
}
