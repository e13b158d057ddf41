/** Looks like a plural but is singular. */
const singular = /(ss|us|is|ros|tennis|bus|gas|lens)$/i
/** Nouns without an article (plural, uncountable, proper names), and non-nouns. */
const bare = new RegExp(
  `^(${[
    'money|mail|clothing|weather, .*|.* food|food .*|prepared food, .*|Asian food .*',
    'popcorn|bacon|sushi|spaghetti|bread|baguette bread|garlic|cooked rice|curry rice|ginger root|broccoli|leafy green|butter|salt',
    'shaved ice|soft ice cream|oden|sake|mate|canned food|meat on bone|pouring liquid|potable water|non-potable water|cooking|ice|fire',
    'tennis|badminton|ping pong|lacrosse|field hockey|ice hockey|bowling|horse racing|camping|construction|skis|dna|yarn|thread|wood',
    'soap|coral|fog|foggy|luggage|left luggage|money with wings|high voltage|dizzy|dashing away|star-struck|breast-feeding|customs',
    'rolling on the floor laughing|palms up together|people .*|wireless|multiply|divide|prohibited|radioactive|no .*|(un)?locked.*',
    'mount fuji|Tokyo tower|Statue of Liberty|.* Claus|milky way|Aries|Taurus|Gemini|Cancer|Leo|Virgo|Libra|Scorpio|Sagittarius',
    'Capricorn|Aquarius|Pisces|Ophiuchus|globe showing Americas',
  ].join('|')})$`,
  'i',
)

/** End of the phrase's head: 'pot of food' → 'pot', 'sun behind cloud' → 'sun'. */
const headEnd = (name: string) => {
  const at = name.search(/ (of|with|without|on|in|behind|at|over|from|for|to|\w+ing)\b/)
  return at < 0 ? name.length : at
}
const looksPlural = (name: string) => {
  const head = name.slice(0, headEnd(name))
  return /s$/.test(head) && !singular.test(head)
}

/** 'red apple' → 'a red apple'; 'eagle' → 'an eagle'; 'grapes' and 'popcorn' stay. */
export function withArticle(name: string): string {
  if (looksPlural(name) || bare.test(name)) return name
  return `${/^(?!uni|eu|one|ufo|us)[aeiou]|^(hour|x-ray)/i.test(name) ? 'an' : 'a'} ${name}`
}

/** Whether `counted` makes sense for it: 'two apples', but never 'two grapes' or 'two popcorns'. */
export const isCountable = (name: string) => !looksPlural(name) && !bare.test(name)

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const irregular: Record<string, string> = {
  ...{ mouse: 'mice', goose: 'geese', ox: 'oxen', person: 'people', leaf: 'leaves', foot: 'feet', tooth: 'teeth', child: 'children' },
  ...{ knife: 'knives', wolf: 'wolves', fish: 'fish', deer: 'deer', bison: 'bison', moose: 'moose', squid: 'squid', shrimp: 'shrimp' },
  ...{
    blowfish: 'blowfish',
    jellyfish: 'jellyfish',
    scarf: 'scarves',
    photo: 'photos',
    'yo-yo': 'yo-yos',
    memo: 'memos',
    avocado: 'avocados',
  },
  ...{ flamingo: 'flamingos', dodo: 'dodos', taco: 'tacos', burrito: 'burritos', kangaroo: 'kangaroos', dango: 'dangos', dingo: 'dingos' },
}

/** (2, 'cherry pie') → 'two cherry pies'; (1, 'owl') → 'an owl'. */
export function counted(n: number, name: string): string {
  if (n === 1) return withArticle(name)
  const end = headEnd(name)
  const words = name.slice(0, end).split(' ')
  const last = words.pop()!
  const regular = /[^aeiou]y$/.test(last) ? `${last.slice(0, -1)}ies` : /(s|x|z|ch|sh|[^aeiou]o)$/.test(last) ? `${last}es` : `${last}s`
  const plural = irregular[last] ?? regular
  return [numbers[n] ?? String(n), ...words, plural].join(' ') + name.slice(end)
}

/** 'a', 'a and b', 'a, b and c'. */
export const listed = (items: readonly string[]) =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`
