import type { SecretRule } from './contract.js'

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
