import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { encodeKey, parseKey } from '../holepunch/site-key.js'
import { readProject } from '../project/project-file.js'
import { ownKeys, parseSecret, readSecret } from '../identity/secret.js'
import { writtenText } from '../written-text.js'
import type { KnownSecret } from './secret-types.js'
import { envLines, isGiven } from './find-env-lines.js'
import { namesIn, previewSecrets } from './known-previews.js'
import { looksRandom } from './made-up.js'
import type { KnownSecrets } from './secret-finder.js'
import { isSecretName, mayBeSecretName } from './secret-names.js'

/** Largest number of values of `.env` files and of the environment. Secrets of sites are not limited. */
const MAX_VARIABLES = 500

/**
 * Collects the values that must not be published in any spelling: the secrets of this machine's sites and previews, and values
 * of the project's `.env` files and the environment with names such as `API_TOKEN`.
 *
 * A damaged or unreadable file is ignored: the code that needs it reports it.
 */
export async function knownSecrets(
  home: string,
  projectDir: string,
  env: NodeJS.ProcessEnv
): Promise<KnownSecrets> {
  const siteKey = keyOfProject(projectDir)
  const given = await givenSecret(env)
  const own = await ownSecret(home, siteKey, given)
  const secrets = [...(own ? [own] : []), ...(given ? [given] : []), ...secretsOf(home)]
  const variables = [...fromEnvFiles(projectDir), ...fromEnvironment(env)].slice(0, MAX_VARIABLES)
  const values = [...secrets.flatMap(spellings), ...(await previewSecrets(home)), ...variables]
  const { secretToWords } =
    secrets.length > 0 ? await import('../holepunch/backup-words.js') : { secretToWords: null }
  const backups = secretToWords ? secrets.map((secret) => secretToWords(secret)) : []
  return {
    // Equal values are kept once, under the first name.
    values: [...new Map(values.toReversed().map((secret) => [secret.value, secret])).values()],
    backups: [...new Set(backups)].map((words) => words.split(' ')),
    // Without the site's secret the site's key is used: it is not secret, but nothing else stays the same between runs.
    fingerprintKey: createHmac('sha256', own ?? siteKey ?? randomBytes(32))
      .update('sitedrive fingerprint of a found secret')
      .digest('hex'),
    isKeyed: own !== null
  }
}

function keyOfProject(projectDir: string): string | null {
  try {
    return readProject(projectDir, parseKey)?.key ?? null
  } catch {
    return null // Reported by the code that needs the project file.
  }
}

async function givenSecret(env: NodeJS.ProcessEnv): Promise<Buffer | null> {
  const given = env['SITEDRIVE_SECRET']
  if (!given) return null
  try {
    return await parseSecret(given)
  } catch {
    return null // Reported by the code that publishes with it.
  }
}

/** The secret of the project's own site. */
async function ownSecret(home: string, key: string | null, given: Buffer | null): Promise<Buffer | null> {
  if (key === null) return null
  if (given) {
    const { deriveKeys } = await import('../holepunch/key-pairs.js')
    if (deriveKeys(given).key === key) return given
  }
  return secretOf(home, key)
}

function secretsOf(home: string): Buffer[] {
  return ownKeys(home).flatMap((key) => secretOf(home, key) ?? [])
}

function secretOf(home: string, key: string): Buffer | null {
  try {
    return readSecret(home, key)
  } catch {
    return null // Damaged.
  }
}

function spellings(secret: Buffer): KnownSecret[] {
  const hex = secret.toString('hex')
  const spelled = [
    hex,
    hex.toUpperCase(),
    secret.toString('base64').replace(/=+$/, ''),
    secret.toString('base64url'),
    encodeKey(secret),
    encodeKey(secret).toUpperCase()
  ]
  return spelled.map((value) => ({ rule: 'site-secret', what: 'the secret of a site', value }))
}

function fromEnvFiles(projectDir: string): KnownSecret[] {
  return namesIn(projectDir)
    .filter(
      (name) =>
        /^\.(?:env(?:\.|rc|$)|dev\.vars(?:\.|$))/.test(name) &&
        !/\.(?:example|sample|template|dist|defaults?)(?:\.|$)/i.test(name)
    )
    .flatMap((file) =>
      envLines(textOf(path.join(projectDir, file))).flatMap(({ name, value }): KnownSecret[] =>
        mayBeSecretName(name) && isGiven(value)
          ? [{ rule: 'env-value', what: `the value of \`${name}\` in \`${file}\``, value }]
          : []
      )
    )
}

function fromEnvironment(env: NodeJS.ProcessEnv): KnownSecret[] {
  return Object.entries(env).flatMap(([name, value = '']): KnownSecret[] =>
    isSecretName(name) && value.length >= 16 && !/^pk[_.]/.test(value) && looksRandom(value)
      ? [{ rule: 'env-value', what: `the value of the environment variable \`${name}\``, value }]
      : []
  )
}

function textOf(file: string): string {
  try {
    return writtenText(readFileSync(file)).text
  } catch {
    return ''
  }
}
