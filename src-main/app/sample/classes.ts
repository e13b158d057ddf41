import type { Concept } from '#shared/model/sample.ts'

/** Minimum number of concepts for a class to be split four ways. */
export const minConcepts = 10

/**
 * Everyday names for CLDR subgroups, so that "a drawing of {}" reads well: zero-shot accuracy depends on it. The words
 * are common ones that CLDR's keywords also use; if a subgroup mixes two things, both are named. Chosen by the words
 * alone, never by a model's answers on pictures.
 */
const spokenNames: Record<string, string> = {
  'face-smiling': 'smiling face',
  'face-neutral-skeptical': 'neutral or awkward face',
  'face-unwell': 'sick face',
  'face-concerned': 'sad or scared face',
  heart: 'heart',
  emotion: 'comic symbol or speech balloon',
  'hand-fingers-open': 'open hand',
  'body-parts': 'body part',
  'person-gesture': 'person making a gesture',
  'person-role': 'worker or person at work',
  'person-fantasy': 'fantasy or fairy tale person',
  'person-activity': 'person walking or dancing',
  'person-sport': 'person playing sport',
  'animal-mammal': 'animal, a mammal',
  'animal-bird': 'bird',
  'animal-marine': 'sea or ocean animal',
  'animal-bug': 'insect or bug',
  'plant-flower': 'flower',
  'plant-other': 'plant or tree',
  'food-fruit': 'fruit',
  'food-vegetable': 'vegetable',
  'food-prepared': 'prepared food, bread or meat',
  'food-asian': 'Asian food with rice',
  'food-sweet': 'sweet dessert',
  drink: 'drink',
  'place-building': 'building',
  'place-other': 'amusement park or cityscape',
  'transport-ground': 'car, train or other vehicle',
  'transport-air': 'airplane or aircraft',
  'sky-weather': 'weather, moon or sky',
  event: 'celebration',
  sport: 'ball or sport equipment',
  game: 'game or toy',
  clothing: 'clothing',
  'musical-instrument': 'musical instrument',
  computer: 'computer or disk',
  'light-video': 'camera, video or light',
  'book-paper': 'book or paper',
  money: 'money',
  mail: 'mail',
  office: 'office supplies',
  tool: 'tool or weapon',
  household: 'household item',
  'transport-sign': 'restroom or baggage sign',
  warning: 'prohibited or warning sign',
  arrow: 'arrow',
  religion: 'religious symbol',
  zodiac: 'zodiac horoscope sign',
  'av-symbol': 'media player button',
  'other-symbol': 'check mark or other symbol',
  geometric: 'geometric square or circle',
}

export interface ConceptClass {
  /** For people and prompts. */
  name: string
  subgroup: string
  concepts: Concept[]
}

/** The classes of the task in CLDR order: subgroups with at least ten concepts. */
export function classesOf(concepts: readonly Concept[]): ConceptClass[] {
  const found = new Map<string, Concept[]>()
  for (const concept of concepts) {
    const list = found.get(concept.subgroup)
    if (list) list.push(concept)
    else found.set(concept.subgroup, [concept])
  }
  return [...found]
    .filter(([, list]) => list.length >= minConcepts)
    .map(([subgroup, list]) => {
      const name = spokenNames[subgroup]
      if (!name) throw new Error(`the subgroup ${subgroup} has ${list.length} concepts and no spoken name`)
      return { name, subgroup, concepts: list }
    })
}
