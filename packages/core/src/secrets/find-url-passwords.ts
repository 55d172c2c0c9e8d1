import type { Report } from './secret-types.js'
import { isMadeUp, looksRandom } from './made-up.js'

const AT_SIGN = 0x40
const COLON = 0x3a
const SLASH = 0x2f
const BLANK = 0x20

/** Longest part of an address before its host. Bytes. */
const MAX_BEFORE = 250

const STORES =
  /^(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|sqlserver|clickhouse|cockroachdb|couchdb|ftps?|sftp|smtps?|ldaps?|nats)(?:\+\w+)?$/i
const MACHINE =
  /^(?:localhost|.*\.(?:localhost|local|test|invalid|example|internal|lan)|(?:.*\.)?example\.\w+(?:\.\w+)?|127\..*|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|0\.0\.0\.0)$/i
const COMMON =
  /^(?:admin|administrator|root|user|username|guest|postgres|mysql|mongo|mongodb|redis|rabbitmq|pass|passwd|pwd|default|letmein|welcome|abc123|p@ss.*|pa55.*|my.*|some.*|the.*|db.*|app.*)$/i

/** Reports addresses of databases and the like with a password in them. */
export function findUrlPasswords(bytes: Buffer, report: Report): void {
  for (let at = bytes.indexOf(AT_SIGN); at !== -1; at = bytes.indexOf(AT_SIGN, at + 1)) {
    const from = schemeEnd(bytes, at)
    if (from === -1) continue
    const before = bytes.toString('latin1', Math.max(0, from - 20), at).replace(/\\[nrt]/g, '\n\n')
    const after = bytes.toString('latin1', at + 1, at + 120)
    const [, scheme = '', user = '', password = ''] =
      /([a-z][a-z0-9+]*):\/\/([^\s:/@"'`<>]*):([^\s/@"'`<>]+)$/i.exec(before) ?? []
    const host = /^[A-Za-z0-9.-]+/.exec(after)?.[0] ?? ''
    if (!isReal(scheme, user, password, host)) continue
    report({
      rule: 'url-password',
      what: 'an address with a password in it',
      at: at - password.length,
      value: `${user}:${password}@${host}`
    })
  }
}

function isReal(scheme: string, user: string, password: string, host: string): boolean {
  if (!host.includes('.') || MACHINE.test(host) || password === user || COMMON.test(password)) return false
  // Texts about the web show such addresses as examples, so only random passwords count.
  if (/^https?$/i.test(scheme)) return password.length >= 12 && looksRandom(password)
  return STORES.test(scheme) && password.length >= 6 && !isMadeUp(password, 2)
}

/** Place of `://` before an `@`, with a `:` between them; -1: there is none. */
function schemeEnd(bytes: Buffer, at: number): number {
  let hasColon = false
  for (let back = at - 1; back >= 2 && back > at - MAX_BEFORE; back--) {
    const byte = bytes[back]!
    if (byte <= BLANK || byte === AT_SIGN) return -1
    if (byte === COLON) hasColon = true
    else if (byte === SLASH)
      return hasColon && bytes[back - 1] === SLASH && bytes[back - 2] === COLON ? back - 2 : -1
  }
  return -1
}
