import type { Finding, Sources } from '../content/content-types.js'
import { SitedriveError } from '../error.js'
import { plural, printable } from '../text.js'
import { canBeAllowed, exceptionFor } from '../project/allowed-secrets.js'
import type { SecretInFile } from '../project/allowed-secrets.js'

/** Largest number of secrets that the error lists. */
const MAX_LISTED = 10

/** The error that refuses a publish. It names the place and the kind of each secret, never its value. */
export function secretsFound(
  secrets: readonly SecretInFile[],
  { sources, hasProject }: { sources: Sources; hasProject: boolean }
): SitedriveError {
  const listed = secrets.slice(0, MAX_LISTED)
  const more = secrets.length - listed.length
  const lines = listed.map((secret) => {
    const source = Object.hasOwn(sources, secret.path) ? ` (made of \`${sources[secret.path]}\`)` : ''
    return `${placeOf(secret)}: ${secret.what}${source}`
  })
  if (more > 0) lines.push(`… and ${more} more.`)
  const one = secrets.length === 1
  return new SitedriveError(
    'SECRET_FOUND',
    printableLines([
      `${plural(secrets.length, 'secret')} would be published, and what is published cannot be recalled. Nothing was published.`,
      ...lines,
      `Take ${one ? 'it' : 'them'} out and build again; revoke ${one ? 'it if it was' : 'what was'} ever public. ` +
        'Keep a file that is not for readers out by a line in `.sitedriveignore`.',
      ...waysToAllow(listed, hasProject)
    ])
  )
}

function waysToAllow(secrets: readonly SecretInFile[], hasProject: boolean): string[] {
  const allowable = secrets.filter(canBeAllowed)
  const one = allowable.length === 1
  const lines: string[] = []
  if (allowable.length < secrets.length) lines.push('The secret of a site cannot be allowed.')
  // Without a site there is no secret key for fingerprints, so an attacker could guess the value from one.
  if (allowable.length > 0 && !hasProject) {
    lines.push(
      `${one ? 'If it is' : 'What is'} meant to be read ${one ? 'it ' : ''}can be allowed in \`sitedrive.json\`: ` +
        '`npx sitedrive init` makes it, and the next publish tells what to write there.'
    )
  } else if (allowable.length > 0) {
    lines.push(
      `${one ? 'If it is' : 'What is'} meant to be read${one ? ', name it' : ' is named'} in \`sitedrive.json\`:`,
      `  "secrets": { "allow": ${JSON.stringify(allowable.map(exceptionFor))} }`
    )
  }
  return lines
}

/** The same as a finding of a review. @param isKeyed false: without the site's secret no exception can be offered */
export function findingOf(secret: SecretInFile, isKeyed: boolean): Finding {
  const isAllowable = isKeyed && canBeAllowed(secret)
  return {
    check: 'secret',
    level: 'error',
    path: secret.path,
    alsoIn: [],
    count: 1,
    source: null,
    line: secret.line,
    value: null,
    what: `Here stands ${printable(secret.what)}.`,
    remedy:
      'Take it out, since no publish goes on with it' +
      (isAllowable
        ? `; if it is meant to be read, add \`${printable(JSON.stringify(exceptionFor(secret)))}\` to ` +
          '`secrets.allow` in `sitedrive.json`.'
        : canBeAllowed(secret)
          ? '; if it is meant to be read, the publish tells how to allow it.'
          : '. It cannot be allowed.')
  }
}

function placeOf({ path, line }: SecretInFile): string {
  return line === null ? path : `${path}:${line}`
}

function printableLines(lines: readonly string[]): string {
  return lines.map(printable).join('\n')
}
