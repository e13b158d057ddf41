/** What the application asks of the room that knows tasks, and puts models to use. */
export { classify } from './classify.ts'
