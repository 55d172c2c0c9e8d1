import { type SecretRule } from './secret-rules.js'

import { SECRET_RULES } from './secret-rules.js'

const FORM = /^(\/.+): ([a-z-]+)(?: ([0-9a-f]{8,12}))?$/

/**
 * What is wrong with an exception of `sitedrive.json`; null: nothing.
 *
 * Its form is `/path/in/the/site.html: rule`, and behind that, where one value alone is meant, its fingerprint.
 */
export function faultOfException(exception: string): string | null {
  const [, , rule, fingerprint] = FORM.exec(exception) ?? []
  if (rule === undefined)
    return 'is not of the form `/path: rule fingerprint`, such as `/keys.html: private-key 0123456789ab`'
  if (!SECRET_RULES.some((known) => known === rule))
    return `names no rule; known are ${SECRET_RULES.join(', ')}`
  if (rule === 'site-secret')
    return 'names the secret of a site, which cannot be allowed: whoever has it publishes in your place'
  if (fingerprint === undefined && rule === 'backup-words')
    return 'needs the fingerprint that the error tells: such words are let through by their value alone'
  return null
}

/** The exception that lets one secret through, and no other. */
export function exceptionFor({ path, rule, fingerprint }: SecretInFile): string {
  return `${path}: ${rule} ${fingerprint}`
}

/** Whether an exception can let it through: a site's secret never is, whatever stands in `sitedrive.json`. */
export function canBeAllowed({ rule }: SecretInFile): boolean {
  return rule !== 'site-secret'
}

/**
 * Those of some secrets that no exception lets through.
 *
 * @param isKeyed whether fingerprints are those of the site: false without its secret, where path and rule alone are compared
 */
export function notAllowed<T extends SecretInFile>(
  secrets: readonly T[],
  exceptions: readonly string[],
  isKeyed = true
): T[] {
  const allowed = exceptions.map((exception) => FORM.exec(exception) ?? [])
  return secrets.filter(
    (secret) =>
      !canBeAllowed(secret) ||
      // Without a fingerprint any value of this kind in this file.
      !allowed.some(
        ([, path, rule, fingerprint = '']) =>
          secret.path === path &&
          secret.rule === rule &&
          // guard: secrets: an exception is for one value
          (secret.fingerprint.startsWith(fingerprint) || !isKeyed)
      )
  )
}

/** Something that must not go out. It never carries the value, nor any part of it. */
export interface FoundSecret {
  rule: SecretRule
  /** Such as `a GitHub token`. */
  what: string
  /** In the file, from 1; null in a file that has no lines. */
  line: number | null
  /**
   * 12 hex digits: the same value is known again, and another one is not it. It is keyed, so that nobody who reads it can try
   * guesses against it.
   */
  fingerprint: string
}

export interface SecretInFile extends FoundSecret {
  /** In the drive. */
  path: string
}
