/** What the application asks of the room that carries out jobs, without starting one. */
export { savedLosses } from './kept.ts'
