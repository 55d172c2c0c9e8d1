import type { SecretInFile } from './contract.js'
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
  if (fingerprint === undefined && rule === 'site-secret')
    return 'needs the fingerprint that the error tells: a site’s secret is let through by its value alone'
  return null
}

/** The exception that lets one secret through, and no other. */
export function exceptionFor({ path, rule, fingerprint }: SecretInFile): string {
  return `${path}: ${rule} ${fingerprint}`
}

/** Those of some secrets that no exception lets through. */
export function notAllowed<T extends SecretInFile>(
  secrets: readonly T[],
  exceptions: readonly string[]
): T[] {
  const allowed = exceptions.map((exception) => FORM.exec(exception) ?? [])
  return secrets.filter(
    (secret) =>
      // Without a fingerprint any value of this kind in this file.
      !allowed.some(
        ([, path, rule, fingerprint = '']) =>
          secret.path === path && secret.rule === rule && secret.fingerprint.startsWith(fingerprint)
      )
  )
}
