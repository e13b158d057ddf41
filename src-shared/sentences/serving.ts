/** What the application answers about jobs, settings, the queue and its connections. */
export const servingSentences = {} as const
