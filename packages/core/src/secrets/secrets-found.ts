import type { Finding, Sources } from '../content/contract.js'
import { SitedriveError } from '../error.js'
import { plural, printable } from '../report.js'
import { exceptionFor } from './allowed-secrets.js'
import type { SecretInFile } from './contract.js'

/** At most so many are told in the error. */
const MAX_TOLD = 10

/** The error that refuses a publish. It tells where what stands, and never what it is. */
export function secretsFound(
  secrets: readonly SecretInFile[],
  { sources, hasProject }: { sources: Sources; hasProject: boolean }
): SitedriveError {
  const told = secrets.slice(0, MAX_TOLD)
  const more = secrets.length - told.length
  const lines = told.map((secret) => {
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
      `${one ? 'If it is' : 'What is'} meant to be read${one ? ', name it' : ' is named'} in \`sitedrive.json\`${hasProject ? '' : ' (`npx sitedrive init` makes it)'}:`,
      `  "secrets": { "allow": ${JSON.stringify(told.map(exceptionFor))} }`
    ])
  )
}

/** The same for a review. */
export function findingOf(secret: SecretInFile): Finding {
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
      'Take it out, since no publish goes on with it; if it is meant to be read, add ' +
      `\`${printable(JSON.stringify(exceptionFor(secret)))}\` to \`secrets.allow\` in \`sitedrive.json\`.`
  }
}

function placeOf({ path, line }: SecretInFile): string {
  return line === null ? path : `${path}:${line}`
}

function printableLines(lines: readonly string[]): string {
  return lines.map(printable).join('\n')
}
