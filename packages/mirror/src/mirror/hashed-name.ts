import { surpriseOf } from './surprise.js'

/**
 * True when a file's name contains a hash of its content, so that the content at this name never changes:
 * `app-BK3f9xQz.js`, `style.3f2a9c1b.css`, `chunk-7QXT3KPA.mjs`, `mKNW0bVe2B-600.webp`.
 *
 * A missed hash costs a visitor one request; a falsely found one shows an old file for a year. So a hash must surprise a reader
 * who expects words, numbers, dates and versions: more where people put files as well, less in folders that a build writes. A
 * page never has one.
 */
export function isFingerprinted(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const [, whole, extension] = /^([^.].*?)\.(?:min\.|lean\.)?(\w{1,11}(?:\.map)?)$/.exec(name) ?? []
  if (whole === undefined || extension === undefined || /^(x?html?|xht|shtml)$/i.test(extension)) return false
  if (WHOLLY_HASHED.test(path)) return !path.endsWith('/builds/latest.json')
  const stem = whole.slice(0, MAX_STEM)
  // eleventy-img: the hash comes first, then a width.
  const first = /^([\w-]{10})-\d{1,5}$/.exec(stem)?.[1]
  if (first !== undefined && excessOf(first) >= -SLACK.first) return true
  const slack = slackOf(path, extension)
  return candidatesIn(stem).some((part) => excessOf(part) >= -slack)
}

function slackOf(path: string, extension: string): number {
  if (path.includes('/_astro/')) return SLACK.astro
  if (CODE.test(extension)) return SLACK.code
  return path.includes('/assets/') ? SLACK.assets : SLACK.other
}

/** SvelteKit, Next and Nuxt name all files of these folders by their content. */
const WHOLLY_HASHED = /\/(?:_app\/immutable|_next\/static|_nuxt)\//

const CODE = /^(?:m?js|css|wasm)(?:\.map)?$/

const MAX_STEM = 256

/**
 * By how much less than a hash one may surprise. Only Astro writes to `/_astro/`, people seldom name a script like a hash, and to
 * `/assets/` both they and Vite write. Bits.
 */
const SLACK = { astro: 14, code: 9, assets: 5, other: -1.5, first: 8.5 }

/** Lengths of hashes with capitals and small letters; the names that people give have any other. */
const LENGTHS = new Set([8, 10, 16, 20, 22, 27, 32, 43])

/** Parts of a name that may be a hash. */
function candidatesIn(stem: string): string[] {
  const found = [
    // Rollup: eight characters of base64url at the end, among which there may be a dash.
    /^.+?[.-]([\w-]{8})$/.exec(stem)?.[1],
    // Astro: the same before `_` and what was made of a picture.
    /^.+?\.([\w-]{8})_[A-Za-z\d]{4,8}$/.exec(stem)?.[1],
    ...stem
      .split(/[.\-_]/)
      .slice(1)
      .filter((part) => /^[A-Za-z\d]{8,64}$/.test(part) && (isOneAlphabet(part) || isMixed(part)))
  ]
  // Digits alone are a date or a number.
  return found.filter((part) => part !== undefined && !/^[\d_-]+$/.test(part)) as string[]
}

function isMixed(part: string): boolean {
  return LENGTHS.has(part.length) && /[a-z]/.test(part) && /[A-Z]/.test(part)
}

function isOneAlphabet(part: string): boolean {
  return /^(?:[\da-f]+|[A-Z2-7]+)$/.test(part)
}

/** How much more a text surprises than its alphabet lets a hash do. Bits. */
function excessOf(text: string): number {
  return surpriseOf(text) - bitsOf(text) * text.length
}

function bitsOf(text: string): number {
  if (/^[\da-f]+$/.test(text)) return 4
  // Capitals alone, and small letters with digits, may be words; a hash of sixty-four characters seldom has only these.
  if (/^[A-Z]+$/.test(text)) return 6.2
  if (/^[A-Z2-7]+$/.test(text)) return 5
  return /^(?:[a-z\d]+|[A-Z\d]+)$/.test(text) ? 6.7 : 6
}
