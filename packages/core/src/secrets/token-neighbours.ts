import type { Report } from './secret-types.js'
import { isMadeUp, looksRandom } from './made-up.js'
import { isSecretOrKeyName } from './secret-names.js'

const COLON = 0x3a
const EQUALS = 0x3d
const DOT = 0x2e
const QUOTE = 0x22
const SPACE = 0x20
const BACKSLASH = 0x5c

/** Reports secrets that only the text around them identifies. @param start, end of a long run */
export function reportByNeighbours(bytes: Buffer, start: number, end: number, report: Report): void {
  const length = end - start
  const before = bytes[start - 1]
  const after = bytes[end]
  if (length === 20) reportAwsKey(bytes, start, report)
  if (before === COLON && length === 35) reportTelegram(bytes, start, end, report)
  if (after === DOT && length >= 24 && length <= 28) reportDiscord(bytes, start, end, report)
  if (after === DOT) reportServiceRole(bytes, start, end, report)
  if (length >= 36 && length <= 37) reportMailchimp(bytes, start, end, report)
  if (before === QUOTE) reportJwk(bytes, start, end, report)
  if (before !== undefined && isAssigned(bytes, start)) reportAssigned(bytes, start, end, report)
}

// The id of an access key is in every link that was signed with it. Only with the secret key near it, it opens the account.
function reportAwsKey(bytes: Buffer, start: number, report: Report): void {
  const id = bytes.toString('latin1', start, start + 20)
  if (!/^A(?:KIA|SIA)[A-Z2-7]{16}$/.test(id) || isMadeUp(id.slice(4), 2.5)) return
  const from = Math.max(0, start - 300)
  const around = bytes.toString('latin1', from, start + 320)
  for (const { 0: key, index } of around.matchAll(
    /(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])/g
  )) {
    if (/^[0-9a-f]+$/.test(key) || !looksRandomKey(key)) continue
    report({ rule: 'cloud-key', what: 'an AWS access key', at: from + index, value: key })
    return
  }
}

function looksRandomKey(key: string): boolean {
  return /\d/.test(key) && /[A-Z]/.test(key) && /[a-z]/.test(key) && !isMadeUp(key, 3.5)
}

// `<bot's number>:AA<33 characters>`
function reportTelegram(bytes: Buffer, start: number, end: number, report: Report): void {
  const text = bytes.toString('latin1', Math.max(0, start - 13), end)
  const [, number, token] = /(?:^|[^\w-]|\\[nrt])(\d{8,10}):(AA[\w-]{33})$/.exec(text) ?? []
  if (number !== undefined && token !== undefined && !isMadeUp(token.slice(2)) && !isMadeUp(number, 1.5))
    report({
      rule: 'service-token',
      what: "a Telegram bot's token",
      at: start - number.length - 1,
      value: `${number}:${token}`
    })
}

// `<bot's number in base64>.<time>.<signature>`
function reportDiscord(bytes: Buffer, start: number, end: number, report: Report): void {
  const text = bytes.toString('latin1', start, end + 60)
  const [value, bot = '', signature = ''] =
    /^([A-Za-z0-9_-]{24,28})\.[\w-]{6}\.([\w-]{27,38})(?![\w-])/.exec(text) ?? []
  if (value === undefined || !/^\d{17,20}$/.test(Buffer.from(bot, 'base64url').toString('latin1'))) return
  if (!isMadeUp(signature)) report({ rule: 'service-token', what: "a Discord bot's token", at: start, value })
}

// Most JSON Web Tokens are meant for their readers. One for Supabase's service role opens the whole database.
function reportServiceRole(bytes: Buffer, start: number, end: number, report: Report): void {
  if (bytes.toString('latin1', start, start + 3) !== 'eyJ') return
  const text = bytes.toString('latin1', start, end + 1000)
  const [value, claims = ''] = /^[\w-]+\.(eyJ[\w-]+)\.[\w-]{20,}/.exec(text) ?? []
  if (value === undefined) return
  const payload = Buffer.from(claims, 'base64url').toString('latin1')
  if (/"role"\s*:\s*"service_role"/.test(payload) && /"iss"\s*:\s*"supabase"/.test(payload))
    report({ rule: 'cloud-key', what: "a Supabase service role's key", at: start, value })
}

function reportMailchimp(bytes: Buffer, start: number, end: number, report: Report): void {
  const value = bytes.toString('latin1', start, end)
  if (/^[0-9a-f]{32}-us\d\d?$/.test(value) && !isMadeUp(value.slice(0, 32)))
    report({ rule: 'service-token', what: 'a Mailchimp key', at: start, value })
}

/** Longest distance between members of one JSON Web Key. Bytes. */
const JWK_BYTES = 3000

function reportJwk(bytes: Buffer, start: number, end: number, report: Report): void {
  if (
    !/(?:^|[^\w])d"?\s*:\s*"$/.test(bytes.toString('latin1', Math.max(0, start - 8), start)) ||
    bytes[end] !== QUOTE
  )
    return
  const value = bytes.toString('latin1', start, end)
  const around = bytes.toString('latin1', Math.max(0, start - JWK_BYTES), end + JWK_BYTES)
  if (value.length >= 40 && /kty"?\s*:\s*"(?:RSA|EC|OKP)"/.test(around) && !isMadeUp(value))
    report({ rule: 'private-key', what: 'a private key (JWK)', at: start, value })
}

/** Whether a run is an assigned value. Compares only bytes, because most runs are not. */
function isAssigned(bytes: Buffer, start: number): boolean {
  let at = start - 1
  if (isQuote(bytes[at]!)) at--
  while (bytes[at] === BACKSLASH) at--
  while (bytes[at] === SPACE) at--
  return bytes[at] === EQUALS || bytes[at] === COLON
}

function isQuote(byte: number): boolean {
  return byte === QUOTE || byte === 0x27 || byte === 0x60
}

function reportAssigned(bytes: Buffer, start: number, end: number, report: Report): void {
  const before = bytes.toString('latin1', Math.max(0, start - 80), start)
  const name = /(?:^|[^A-Za-z0-9]|\\[nrt])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\\*["'`]? ?[:=] ?\\*["'`]?$/.exec(
    before
  )?.[1]
  if (name === undefined || !isSecretOrKeyName(name)) return
  const value = /^[A-Za-z0-9_+/=.~-]+/.exec(bytes.toString('latin1', start, end + 200))?.[0] ?? ''
  if (/^(?:pk[_.]|AIza)/.test(value) || !looksRandom(value)) return
  report({ rule: 'env-value', what: `a value for \`${name}\``, at: start, value })
}
