// The grammar of `_redirects` and `_headers`. Loads no other package: a mirror and the checks before a publish read by it.
export { devServerOf } from './site-rules/dev-server-paths.js'
export { decodeAddress } from './site-rules/decode-address.js'
export {
  readHeadersFile,
  type HeaderBlock,
  type HeadersFile,
  type UnusableHeader
} from './site-rules/headers-file.js'
export { type Captures } from './site-rules/path-pattern.js'
export {
  fillTarget,
  isLocalTarget,
  isShowStatus,
  MAX_REDIRECT_LINE,
  MAX_REDIRECTS,
  pathOfTarget,
  readRedirectsFile,
  redirectMatcher,
  REDIRECT_STATUSES,
  SHOW_STATUSES,
  type RedirectFault,
  type RedirectMatch,
  type RedirectRule,
  type RedirectsFile,
  type RedirectStatus,
  type ShowStatus,
  type UnusableRedirect
} from './site-rules/redirects-file.js'
export { HEADERS_PATH, MAX_RULE_FILE_BYTES, REDIRECTS_PATH, singleSlashes } from './site-rules/rule-file.js'
export { writtenText, type TextFault, type WrittenText } from './written-text.js'
