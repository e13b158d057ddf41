import type { Project } from '../projects/project.ts'

const namesakes = new WeakMap<Project, Map<string, Project>>()

/** The same project as edited by another person; repeated calls with a name return the same object. */
export function named(project: Project, name: string | null): Project {
  if (name === null || name === project.user) return project
  let known = namesakes.get(project)
  if (!known) namesakes.set(project, (known = new Map()))
  let found = known.get(name)
  if (!found) known.set(name, (found = Object.create(project, { user: { value: name, enumerable: true } }) as Project))
  return found
}
