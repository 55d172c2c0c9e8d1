/** A date or a time that was replaced by a mark. */
export interface DateToken {
  /** As written. */
  value: string
  /**
   * `build`: the time of the build. `label`: its label says so, but a person may have written that. `sentence`: when something
   * was built, perhaps a house. `entry`: when an entry of a feed was updated. `text`: any other date.
   */
  place: 'build' | 'label' | 'sentence' | 'entry' | 'text'
  /** A time of day that belongs to the date before it: only `at` and the like stands between them. */
  isOfDateBefore: boolean
}

/** The mark that replaces a date: a private-use character, which no text has. */
const MASK = '\uE001'

const MONTHS =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)'
const CLOCK = String.raw`\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:\s?[ap]\.?m\b\.?)?`
const ZONE = String.raw`(?:\s?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d\d:?\d\d)\b)?`

const DATES = new RegExp(
  [
    // ISO 8601
    String.raw`\d{4}-\d\d-\d\d(?:[T ]${CLOCK}${ZONE})?`,
    // RFC 822 and 1123, and what people write: 25 November 2026
    String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s)?\d{1,2}(?:st|nd|rd|th)?\s${MONTHS}\.?,?\s\d{4}(?:,?\s${CLOCK}${ZONE})?`,
    // November 25, 2026, and JavaScript's Wed Nov 25 2026
    String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s)?${MONTHS}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}(?:,?\s${CLOCK}${ZONE})?`,
    // 25.11.2026, 11/25/2026
    String.raw`\d{1,2}([./])\d{1,2}\1\d{4}(?:,?\s${CLOCK}${ZONE})?`,
    CLOCK + ZONE,
    // Seconds or milliseconds since 1970, from 2017 to 2033
    String.raw`1[5-9]\d{8}(?:\d{3})?`
  ]
    .map((form) => `(?:${form})`)
    .join('|')
    .replace(/^/, String.raw`(?<![\w.:/-])(?:`)
    .concat(String.raw`)(?![\w:])`),
  'g'
)

/** How far before a date its meaning is searched. Characters. */
const LOOK_BACK = 300

/**
 * Replaces dates and times in a text by marks, and classifies each.
 *
 * A date is the time of a build when it stands
 * - in a comment,
 * - in `<lastBuildDate>`, in `<lastmod>`, or in `<updated>` and `<pubDate>` of a whole feed,
 * - in a `<meta>` about a build or the last modification, or in `dateModified` of structured data,
 * - right after `Generated`, `Built on`, `Last build` and the like, at the beginning of a line of text or as the name of a
 *   value. A house may be built in 1932, so such a date must also be recent, and later than the one that it replaces.
 *
 * In a sentence such as `This page was written by hand and built on 5 May` it is one when it is near the time of this build.
 *
 * @param path its extension tells the type
 */
export function maskDates(text: string, path: string): { text: string; dates: DateToken[] } {
  const firstEntry = /<(?:entry|item)[\s>]/.exec(text)?.index ?? Infinity
  const isVersionFile = path.endsWith('/version.json')
  const dates: DateToken[] = []
  // The masked text is only appended to: cutting it would copy all of it for each date.
  const masked: string[] = []
  let behind = ''
  let end = 0
  for (const { 0: value, index } of text.matchAll(DATES)) {
    behind = (behind + text.slice(Math.max(end, index - LOOK_BACK), index)).slice(-LOOK_BACK)
    const place = isVersionFile ? 'build' : placeOf(behind, index < firstEntry, codeOf(path))
    dates.push({ value, place, isOfDateBefore: isClock(value) && BEHIND_DATE.test(behind) })
    masked.push(text.slice(end, index))
    behind += MASK
    end = index + value.length
  }
  return { text: [...masked, text.slice(end)].join(MASK), dates }
}

type Code = 'style' | 'script' | null

function codeOf(path: string): Code {
  if (/\.css$/i.test(path)) return 'style'
  return /\.[cm]?js$/i.test(path) ? 'script' : null
}

const BEHIND_DATE = /\uE001(?:\s|[,·]|<\/?[a-z][^<>]*>|\bat\b)*$/i

const META = /(?:build|generat|modified|updated_time|revised|timestamp)/i
const DATE_MODIFIED = /"dateModified\\?"\s{0,3}:\s{0,3}\\?"$/
// A bare `version` may be the version of a program.
const NAMED_VALUE = /\b(?:build|built|generated|compiled)[\w-]{0,20}\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?$/i
const LABEL =
  /(?:^|[\uE003.·|•–—(])\s?(?:(?:this\s)?(?:site|page|website)\s(?:was\s)?)?(?:last\s)?(?:built|build(?:\s(?:time|date))?|generated|rendered|compiled|deployed)(?:\s(?:by|with|from)\s[^\uE003]{1,40})?(?:\s(?:on|at))?\s?:?\s?$/i

const SENTENCE = /\b(?:re)?(?:built|generated|rendered|compiled|deployed)(?:\s(?:on|at))?\s?:?\s?$/i

function placeOf(behind: string, isBeforeEntries: boolean, code: Code): DateToken['place'] {
  if (isInComment(behind, code)) return 'build'
  const element = /<([a-z:]+)(?:\s[^<>]*)?>\s*$/i.exec(behind)?.[1]?.toLowerCase()
  if (element === 'lastbuilddate' || element === 'lastmod') return 'build'
  if (element === 'updated') return isBeforeEntries ? 'build' : 'entry'
  if (element === 'pubdate') return isBeforeEntries ? 'build' : 'text'
  const meta = /<meta\s([^<>]*)$/i.exec(behind)?.[1]
  if (meta !== undefined) return META.test(meta) ? 'build' : 'text'
  if (DATE_MODIFIED.test(behind)) return 'build'
  const end = plainEnd(behind)
  if (NAMED_VALUE.test(behind) || LABEL.test(end)) return 'label'
  return SENTENCE.test(end) ? 'sentence' : 'text'
}

function isInComment(behind: string, code: Code): boolean {
  if (code === null) return behind.lastIndexOf('<!--') > behind.lastIndexOf('-->')
  const opening = behind.lastIndexOf('/*')
  if (opening <= behind.lastIndexOf('*/')) return false
  // A script has such characters in its strings as well, as in `accept="image/*"`.
  return code === 'style' || isFirstOfLine(behind, opening)
}

function isFirstOfLine(behind: string, at: number): boolean {
  const before = behind.slice(0, at).trimEnd()
  const between = behind.slice(before.length, at)
  return /[\n\r]/.test(between) || (before === '' && behind.length < LOOK_BACK)
}

/** Whether a token is only a time of day. */
function isClock(value: string): boolean {
  return /^\d{1,2}:/.test(value)
}

/** Whether a date is recent and later than another. A bare time of day counts, because it goes with its date. */
export function isLaterBuild(from: string, to: string): boolean {
  if (isClock(to)) return true
  const [before, after] = [instantOf(from), instantOf(to)]
  return before !== null && after !== null && before <= after && after > Date.UTC(2015)
}

/** Milliseconds since 1970, or null when it is no date. A date without a zone is read in this machine's zone. */
export function instantOf(date: string): number | null {
  const instant = /^\d+$/.test(date)
    ? Number(date) * (date.length > 10 ? 1 : 1000)
    : Date.parse(date.replace(/(\d)(?:st|nd|rd|th)\b/, '$1'))
  return Number.isNaN(instant) ? null : instant
}

/** The visible text before a date: inline elements are ignored, other elements begin a new line. */
function plainEnd(behind: string): string {
  return behind
    .replace(/<\/?(?:time|span|b|strong|em|i|small|abbr|code|a)(?:\s[^<>]*)?(?:>|$)/gi, '')
    .replace(/<[^<>]*(?:>|$)/g, '\uE003')
    .replace(/(?:\uE001|,|\s|\bat\b|\bon\b)+$/i, ' ')
    .replace(/\s+/g, ' ')
}
