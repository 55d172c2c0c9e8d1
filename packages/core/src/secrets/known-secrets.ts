import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { encodeKey } from '../holepunch/key.js'
import { ownKeys, parseSecret, readSecret } from '../secret.js'
import type { KnownSecret } from './contract.js'
import { envLines, isSet } from './find-env-lines.js'
import { looksRandom } from './made-up.js'
import type { KnownSecrets } from './secret-finder.js'
import { isSecretName } from './secret-names.js'

/** So many values are looked for. */
const MAX_VALUES = 100

/**
 * Gathers what must not go out in any spelling: the secrets of the sites of this machine, and values that the project's
 * `.env` files and the environment have under names such as `API_TOKEN`.
 *
 * A damaged or unreadable file is passed over: whoever needs it says so.
 */
export async function knownSecrets(
  home: string,
  projectDir: string,
  env: NodeJS.ProcessEnv
): Promise<KnownSecrets> {
  const secrets = await siteSecrets(home, env)
  const values = [...secrets.flatMap(spellings), ...fromEnvFiles(projectDir), ...fromEnvironment(env)]
  const { secretToWords } =
    secrets.length > 0 ? await import('../holepunch/words.js') : { secretToWords: null }
  return {
    values: [...new Map(values.map((secret) => [secret.value, secret])).values()].slice(0, MAX_VALUES),
    backups: secretToWords ? secrets.map((secret) => secretToWords(secret).split(' ')) : []
  }
}

async function siteSecrets(home: string, env: NodeJS.ProcessEnv): Promise<Buffer[]> {
  const secrets: Buffer[] = []
  for (const key of ownKeys(home)) {
    try {
      const secret = readSecret(home, key)
      if (secret) secrets.push(secret)
    } catch {
      // Damaged.
    }
  }
  const given = env['SITEDRIVE_SECRET']
  if (given) {
    try {
      secrets.push(await parseSecret(given))
    } catch {
      // Told by what publishes with it.
    }
  }
  return secrets
}

function spellings(secret: Buffer): KnownSecret[] {
  const hex = secret.toString('hex')
  const spelled = [
    hex,
    hex.toUpperCase(),
    secret.toString('base64').replace(/=+$/, ''),
    secret.toString('base64url'),
    encodeKey(secret)
  ]
  return spelled.map((value) => ({ rule: 'site-secret', what: 'the secret of a site', value }))
}

function fromEnvFiles(projectDir: string): KnownSecret[] {
  return listed(projectDir)
    .filter((name) => /^\.env(?:\.|$)/.test(name) && !/example|sample|template|dist|default/i.test(name))
    .flatMap((file) =>
      envLines(textOf(path.join(projectDir, file))).flatMap(({ name, value }): KnownSecret[] =>
        isSecretName(name) && isSet(value)
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

function listed(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
