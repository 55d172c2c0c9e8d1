/** Names of variables whose values are secrets, as far as a name can tell. */
const OF_SECRETS =
  /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PRIVATE_?KEY|CREDENTIALS?)(?:S?_|S?$)/
/** As above, or sometimes made to be public. */
const OF_KEYS =
  /(?:^|_)(?:API_?KEY|ACCESS_?KEY|AUTH_?KEY|SERVICE_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY)(?:S?_|S?$)/
/** What bundlers put into pages on purpose, and what pages must carry to work. */
const OF_PAGES =
  /(?:^|_)(?:PUBLIC|PUBLISHABLE|VITE|GATSBY|REACT_APP|VUE_APP|EXPO|STORYBOOK|ANALYTICS|BEACON|TRACKING|SITE_?KEY|SEARCH|MAPBOX|HASH|DIGEST|URL|ENDPOINT|NAME|FILE|PATH|ID|TTL|EXPIRY|EXPIRES|LENGTH|TYPE|HEADER)(?:_|$)/

/** Such keys are for pages; a secret or a token of the same service is not. */
const KEYS_OF_PAGES = /(?:^|_)(?:CAPTCHA|RECAPTCHA|FIREBASE|ALGOLIA|POSTHOG|MAPS|GTM|SEGMENT)_(?:\w+_)?KEY$/
/** In the project's own `.env`, where people write what they call by whatever name. */
const IN_OWN_FILE = /(?:PASS(?:WORD|WD|PHRASE|CODE)?|SECRET|TOKEN|KEY|CREDENTIAL)S?(?:_|\d|$)/

/** Whether a variable of this name may hold a secret in the project's own `.env`. */
export function mayBeSecretName(name: string): boolean {
  const upper = name.toUpperCase()
  return IN_OWN_FILE.test(upper) && !isForPages(upper)
}

function isForPages(upper: string): boolean {
  return OF_PAGES.test(upper) || (KEYS_OF_PAGES.test(upper) && !/SECRET|PRIVATE/.test(upper))
}

/** Whether a variable of this name holds a secret, for certain enough to look for its value everywhere. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase()
  return OF_SECRETS.test(upper) && !isForPages(upper)
}

/** Whether a variable of this name holds a secret where it stands with its value. */
export function isSecretOrKeyName(name: string): boolean {
  const upper = name.toUpperCase()
  return (OF_SECRETS.test(upper) || OF_KEYS.test(upper)) && !isForPages(upper)
}
