/** A hash that was replaced by marks. */
export interface MaskedHash {
  value: string
  /** It is very unlikely to be a word, a number, a date or a version. */
  isCertain: boolean
}

/** The mark for one character of a hash: a private-use character, which no text has. */
const MASK = '\uE002'

const SCRIPTS = 'm?js|cjs|css|woff2?|ttf|otf|wasm|json|webmanifest|map'
const PICTURES = 'png|jpe?g|gif|webp|avif|svg|ico|mp4|webm|mp3'

// Each pattern begins where a name can begin, and is no longer than a name can be, so the time is linear.
const PLACES = new RegExp(
  [
    // The name of a file, and its query.
    `(?<![\\w%~.-])(?<name>[\\w%~.-]{1,200})\\.(?<extension>(?:${SCRIPTS}|${PICTURES})(?:\\.map)?)(?![\\w.-])(?:\\?(?<query>[\\w.=-]{1,80}))?`,
    // Subresource integrity, and hashes of a content security policy.
    String.raw`\b(?<integrity>sha(?:256|384|512)-[A-Za-z0-9+/]{40,90}={0,2})`,
    // Workbox names the revision of each cached file.
    String.raw`(?<before>\brevision\\?["']?\s{0,5}:\s{0,5}\\?["'])(?<revision>[0-9a-f]{16,64})(?=\\?["'])`,
    // VitePress: the hash of each source, in every page.
    String.raw`(?<source>\.md\\?["']\s{0,5}:\s{0,5}\\?["'])(?<sourceHash>[\w-]{8})(?=\\?["'])`,
    // Next: the id of each build, in its pages' data, as a folder, and in a comment.
    String.raw`(?<beforeId>\\?"(?:b|buildId)\\?"\s{0,3}:\s{0,3}\\?"|\/_next\/(?:static\/|data\/)?|<!--)(?<buildId>[\w-]{21})(?=\\?"|\/|-->)`,
    // SvelteKit: a name that is new with each build.
    String.raw`\b__sveltekit_(?<sveltekit>[a-z0-9]{4,12})\b`
  ].join('|'),
  'gi'
)

/** A query that only names the version of a file. */
const VERSION_QUERY = /^(?:(?:v|ver|version|hash|ts|cb|rev|_)=)?[\w.-]{1,64}$/i
/** A query that may be a version (a hash, a time), or may be a height or a time within a film. */
const DOUBTFUL_QUERY = /^[ht]=[\w.-]{1,64}$/i

const PICTURE = new RegExp(`^(?:${PICTURES})$`, 'i')

/** How far back the beginning of a reference is searched. Characters. */
const LOOK_BACK = 300

/** Replaces hashes in references by marks of the same length. */
export function maskFingerprints(text: string): { text: string; hashes: MaskedHash[] } {
  const hashes: MaskedHash[] = []
  const mask = (value: string, isCertain: boolean): string => {
    hashes.push({ value, isCertain })
    return MASK + String(value.length) + MASK
  }
  const masked = text.replace(PLACES, (whole, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>
    const { name, extension, query, integrity, before, revision, source, sourceHash, sveltekit } = groups
    const { beforeId, buildId } = groups
    if (integrity) return mask(integrity, true)
    if (revision) return (before ?? '') + mask(revision, true)
    if (sourceHash) return (source ?? '') + mask(sourceHash, true)
    if (buildId) return (beforeId ?? '') + mask(buildId, isCertainHash(buildId.replace(/[_-]/g, '')))
    if (sveltekit) return `__sveltekit_${mask(sveltekit, true)}`
    if (!name || !extension) return whole
    const place = {
      isPicture: PICTURE.test(extension),
      isElsewhere: () => isElsewhere(text, rest.at(-3) as number)
    }
    return `${maskName(name, place, mask)}.${extension}${query ? `?${maskQuery(query, place, mask)}` : ''}`
  })
  return { text: masked, hashes }
}

type Mask = (value: string, isCertain: boolean) => string

/** The place of a name in the text. */
interface Place {
  isPicture: boolean
  /** Whether the reference may lead to another site. Only computed when needed. */
  isElsewhere: () => boolean
}

/** Whether the reference around `at` names a host. */
function isElsewhere(text: string, at: number): boolean {
  const behind = text.slice(Math.max(0, at - LOOK_BACK), at)
  const start = Math.max(behind.lastIndexOf('//'), behind.lastIndexOf('\\/\\/'))
  return start !== -1 && !/[\s"'`<>()]/.test(behind.slice(start))
}

function maskName(name: string, place: Place, mask: Mask): string {
  // Vite's hash stands at the end, has eight characters, and may contain a `-`.
  const tail = /^(?<stem>.{0,191}[.-])(?<hash>[\w-]{8})$/.exec(name)?.groups
  if (tail?.['hash'] && tail['stem'] && isMixed(tail['hash'])) {
    return tail['stem'] + mask(tail['hash'], isCertainHash(tail['hash'].replace(/[_-]/g, '')))
  }
  const parts = name.split(/([.\-_])/)
  if (!parts.some(isHashLike)) return name
  const hasStem = parts.some((part) => part.length > 1 && /[a-z]{2}/i.test(part) && !isHashLike(part))
  // A name that is only a hash may now mean another picture, or another embed of a host, so its change is not noise.
  if (!hasStem && (place.isPicture || place.isElsewhere())) return name
  return parts.map((part) => (isHashLike(part) ? mask(part, isCertainHash(part)) : part)).join('')
}

// The value may have any length: a version may be a counter.
function maskQuery(query: string, place: Place, mask: Mask): string {
  const value = query.slice(query.indexOf('=') + 1)
  const isNamed = query.includes('=')
  if (!VERSION_QUERY.test(query) && !(DOUBTFUL_QUERY.test(query) && isHashLike(value))) return query
  // A bare value may be the size of a picture, or a parameter of another site.
  if (!isNamed && ((place.isPicture && !isHashLike(value)) || place.isElsewhere())) return query
  mask(value, true)
  return query.slice(0, query.indexOf('=') + 1) + MASK
}

function isHashLike(part: string): boolean {
  return /^[A-Za-z0-9]{6,64}$/.test(part) && (isCertainHash(part) || /^[0-9a-f]{8,64}$/.test(part))
}

/** Like `hashed-name.ts` of `@sitedrive/mirror`, but from six characters on, because here two hashes are compared. */
function isCertainHash(part: string): boolean {
  const changes = part.match(/[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])/g)?.length ?? 0
  return changes >= 2 && (/^([0-9a-f]+|[A-Z2-7]+)$/.test(part) || isMixed(part))
}

function isMixed(part: string): boolean {
  return /[a-z]/.test(part) && /[A-Z]/.test(part)
}
