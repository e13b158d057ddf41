declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}

/** A page of docs/guide, as compiled by .ci/guide.mjs. */
declare module '*.md' {
  export const title: string
  export const sections: readonly { id: string; title: string }[]
  export const html: string
}
