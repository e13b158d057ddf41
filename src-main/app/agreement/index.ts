export * from './compare.ts'
export * from './decide.ts'
export { authorNamed, listAuthors } from './said.ts'
