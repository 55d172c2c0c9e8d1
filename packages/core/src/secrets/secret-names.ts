/** Names of variables whose values are probably secrets. */
const OF_SECRETS =
  /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PRIVATE_?KEY|CREDENTIALS?)(?:S?_|S?$)/
/** The same, with names that are sometimes public. */
const OF_KEYS =
  /(?:^|_)(?:API_?KEY|ACCESS_?KEY|AUTH_?KEY|SERVICE_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY)(?:S?_|S?$)/
/** Names whose values bundlers put into pages on purpose, or that pages need to work. */
const OF_PAGES =
  /(?:^|_)(?:PUBLIC|PUBLISHABLE|VITE|GATSBY|REACT_APP|VUE_APP|EXPO|STORYBOOK|ANALYTICS|BEACON|TRACKING|SITE_?KEY|SEARCH|MAPBOX|HASH|DIGEST|URL|ENDPOINT|NAME|FILE|PATH|ID|TTL|EXPIRY|EXPIRES|LENGTH|TYPE|HEADER)(?:_|$)/

/** Services whose keys are made for pages; their secrets and tokens are not. */
const KEYS_OF_PAGES = /(?:^|_)(?:CAPTCHA|RECAPTCHA|FIREBASE|ALGOLIA|POSTHOG|MAPS|GTM|SEGMENT)_(?:\w+_)?KEY$/
/** Wider, for the project's own `.env`, where people choose the names freely. */
const IN_OWN_FILE = /(?:PASS(?:WORD|WD|PHRASE|CODE)?|SECRET|TOKEN|KEY|CREDENTIAL)S?(?:_|\d|$)/

/** Whether a variable of this name may hold a secret in the project's own `.env`. */
export function mayBeSecretName(name: string): boolean {
  const upper = name.toUpperCase()
  return IN_OWN_FILE.test(upper) && !isForPages(upper)
}

function isForPages(upper: string): boolean {
  return OF_PAGES.test(upper) || (KEYS_OF_PAGES.test(upper) && !/SECRET|PRIVATE/.test(upper))
}

/** Whether a variable of this name holds a secret, with enough certainty to search its value everywhere. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase()
  return OF_SECRETS.test(upper) && !isForPages(upper)
}

/** Whether a variable of this name holds a secret where name and value stand together. */
export function isSecretOrKeyName(name: string): boolean {
  const upper = name.toUpperCase()
  return (OF_SECRETS.test(upper) || OF_KEYS.test(upper)) && !isForPages(upper)
}
