/** The kinds of secret, by the names that an exception in `sitedrive.json` uses. */
export type SecretRule =
  | 'private-key'
  | 'key-store'
  | 'cloud-key'
  | 'forge-token'
  | 'service-token'
  | 'url-password'
  | 'env-value'
  | 'env-file'
  | 'site-secret'
  | 'backup-words'
  | 'preview-link'

const RULES: Record<SecretRule, true> = {
  'private-key': true,
  'key-store': true,
  'cloud-key': true,
  'forge-token': true,
  'service-token': true,
  'url-password': true,
  'env-value': true,
  'env-file': true,
  'site-secret': true,
  'backup-words': true,
  'preview-link': true
}

/** Names of all kinds of secret. */
export const SECRET_RULES = Object.keys(RULES) as readonly SecretRule[]
