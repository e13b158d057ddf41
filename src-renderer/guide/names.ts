/** The pages of docs/guide, in the order of the workflow. */
export const pageNames = ['first-project', 'label', 'propose', 'tune', 'long-runs', 'compare-and-merge', 'terminal-and-formats'] as const
export type PageName = (typeof pageNames)[number]
