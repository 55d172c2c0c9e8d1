import { SitedriveError } from '@sitedrive/core'

/** The options of a Jekyll command line that the bridge needs. null: not given. */
export interface JekyllOptions {
  source: string | null
  destination: string | null
  /** The files of `--config`. */
  config: string[] | null
  /** The folders of `--plugins`. */
  plugins: string[] | null
  baseurl: string | null
  isSafe: boolean
  isWatching: boolean
  /** The arguments, without those that only `jekyll serve` knows. */
  words: string[]
  /** true: `--livereload` was given, and is left out of `words`. */
  isLiveReload: boolean
  /** true: `--open-url` was given, and is left out of `words`. */
  isOpened: boolean
}

/** Options with a value, and their short names. `jekyll build` accepts abbreviated long names. */
const VALUED = { source: 's', destination: 'd', config: '', plugins: 'p', baseurl: 'b' } as const
type Valued = keyof typeof VALUED

/** Other options with a value: the argument after them is not an option. */
const OTHERS_WITH_VALUE = /^--(layouts|limit_posts)$/
/** Options of `jekyll serve` only. Those of the second expression have a value. */
const LIVE_RELOAD = /^(-l|--livereload)$/
const LIVE_RELOAD_VALUE = /^--livereload-(port|ignore|min-delay|max-delay)$/

/** @throws {SitedriveError} BAD_OPTION when a value is missing */
export function readJekyllOptions(given: readonly string[]): JekyllOptions {
  const found: JekyllOptions = {
    source: null,
    destination: null,
    config: null,
    plugins: null,
    baseurl: null,
    isSafe: false,
    isWatching: false,
    words: [],
    isLiveReload: false,
    isOpened: false
  }
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? ''
    const valued = valuedOption(word)
    if (valued) {
      const value = valued.value ?? given[++at]
      if (value === undefined) throw missingValue(word)
      found.words.push(...(valued.value === null ? [word, value] : [word]))
      take(found, valued.name, value)
    } else if (OTHERS_WITH_VALUE.test(word)) found.words.push(word, ...given.slice(++at, at + 1))
    else if (LIVE_RELOAD.test(word)) found.isLiveReload = true
    else if (LIVE_RELOAD_VALUE.test(word)) at++
    else if (word === '-o' || word === '--open-url') found.isOpened = true
    else {
      if (word === '--safe') found.isSafe = true
      if (word === '-w' || word === '--watch') found.isWatching = true
      found.words.push(word)
    }
  }
  return found
}

/** `-s dir`, `-sdir`, `--source dir`, `--source=dir`, `--sou dir`. */
function valuedOption(word: string): { name: Valued; value: string | null } | null {
  const names = Object.keys(VALUED) as Valued[]
  if (word.startsWith('--')) {
    const [long = '', ...rest] = word.slice(2).split('=')
    const name = long.length < 2 ? undefined : names.find((each) => each.startsWith(long))
    return name ? { name, value: word.includes('=') ? rest.join('=') : null } : null
  }
  const name = names.find((each) => VALUED[each] !== '' && word.startsWith(`-${VALUED[each]}`))
  return name ? { name, value: word.length > 2 ? word.slice(2) : null } : null
}

function take(found: JekyllOptions, name: Valued, value: string): void {
  if (name === 'config' || name === 'plugins') found[name] = value.split(',').filter(Boolean)
  else found[name] = value
}

function missingValue(word: string): SitedriveError {
  return new SitedriveError(
    'BAD_OPTION',
    `Jekyll's option \`${word}\` needs a value, such as \`${word} site\`.`
  )
}
