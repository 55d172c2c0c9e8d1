const WORDS = (
  'example placeholder dummy sample changeme change-me change_me redacted your insert replace ' +
  'secret password passwd token keyhere foobar fake test demo todo abcdef qwerty xxxxx'
).split(' ')

/** Words of examples, each in three spellings only, because a random value may contain `tOdO`. */
const OF_EXAMPLES = new RegExp(
  `${WORDS.flatMap((word) => [word, word.toUpperCase(), (word[0] ?? '').toUpperCase() + word.slice(1)]).join('|')}` +
    '|123456|987654|deadbeef|0{6}|\\*{3}|\\.{3}|…|[<>{}$%()[\\]]'
)

/**
 * Whether a value is an example, as in documentation: it has such words, few different characters, or an order that is not
 * random.
 *
 * @param leastBits lowest entropy per character of a random value in its alphabet
 */
export function isMadeUp(value: string, leastBits = 3): boolean {
  return OF_EXAMPLES.test(value) || bitsOf(value) < leastBits || isOrdered(value) || isRepeated(value)
}

/** Whether a value has letters and usually digits, mixed as words and names do not mix them. */
export function looksRandom(value: string): boolean {
  return (
    // One of thirty random values of twenty characters has no digit; then capitals stand in the middle of it.
    (/\d/.test(value) || (value.match(/[a-z][A-Z]/g)?.length ?? 0) >= 3) &&
    /[A-Za-z]/.test(value) &&
    !isMadeUp(value, Math.min(3.2, 0.8 * Math.log2(value.length))) &&
    !isWordy(value)
  )
}

/** Shannon entropy, bits per character. */
export function bitsOf(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/** Most characters follow the one before in the alphabet: `abcd1234`, `a1b2c3d4`. */
function isOrdered(value: string): boolean {
  let steps = 0
  for (let at = 2; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code - value.charCodeAt(at - 1) === 1 || code - value.charCodeAt(at - 2) === 1) steps++
  }
  return steps * 2 > value.length
}

/** The value repeats itself: `abc1abc1abc1`. */
function isRepeated(value: string): boolean {
  const again = (value + value).indexOf(value.slice(0, Math.min(value.length, 8)), 1)
  return again < value.length && again * 2 <= value.length
}

/** Words with separators: a slug, a file name, a constant. */
function isWordy(value: string): boolean {
  const words = value
    .split(/[-_./+=]|(?<=[a-z])(?=[A-Z])/)
    .filter((part) => /^(?:[A-Z]?[a-z]{3,}|[A-Z]{3,})$/.test(part))
  return words.join('').length * 2 > value.length
}
