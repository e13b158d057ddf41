declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}

/** A page of docs/guide, as .ci/guide.mjs makes it. */
declare module '*.md' {
  export const title: string
  export const sections: readonly { id: string; title: string }[]
  export const html: string
}
