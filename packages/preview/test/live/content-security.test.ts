import { describe, expect, test } from 'vitest'
import { allowLive, allowLiveInMeta } from '../../src/live/content-security.js'

const ORIGIN = 'http://127.0.0.1:8080'
const OWN = `${ORIGIN}/.well-known/sitedrive/`

describe('a policy', () => {
  test.each([
    ['', ''],
    [`img-src 'none'; frame-ancestors 'none'`, `img-src 'none'; frame-ancestors 'none'`],
    [`default-src 'self'`, `default-src 'self'`],
    [`default-src *; script-src 'self' 'unsafe-inline'`, `default-src *; script-src 'self' 'unsafe-inline'`],
    [`default-src 'none'`, `default-src 'none'; script-src ${OWN}; connect-src ${OWN}`],
    [`default-src`, `default-src; script-src ${OWN}; connect-src ${OWN}`],
    [
      `Default-Src 'NONE'; Script-Src 'sha256-a' 'unsafe-inline'; CONNECT-SRC https://api.example`,
      `Default-Src 'NONE'; script-src 'sha256-a' 'unsafe-inline' ${OWN}; connect-src https://api.example ${OWN}`
    ],
    [
      `default-src https: 'unsafe-inline'; img-src 'self'`,
      `default-src https: 'unsafe-inline'; img-src 'self'; script-src https: 'unsafe-inline' ${OWN}; connect-src https: 'unsafe-inline' ${OWN}`
    ],
    [
      `script-src 'none'; script-src-elem https://cdn.example; script-src-attr 'none'`,
      `script-src 'none'; script-src-elem https://cdn.example ${OWN}; script-src-attr 'none'`
    ],
    // The first of two counts.
    [`script-src 'none'; script-src 'self'`, `script-src ${OWN}; script-src 'self'`],
    [
      `connect-src 'none', default-src 'none'; connect-src 'self'`,
      `connect-src ${OWN}, default-src 'none'; connect-src 'self'; script-src ${OWN}`
    ]
  ])('lets the client in, and nothing else: %j', (policy, wanted) => {
    expect(allowLive(policy, ORIGIN, 'n')).toEqual({ policy: wanted, needsNonce: false })
  })

  test('that trusts nonces alone gets one, where inline scripts were refused already', () => {
    expect(allowLive(`script-src 'strict-dynamic' 'nonce-a' 'unsafe-inline' https:`, ORIGIN, 'bm8=')).toEqual(
      {
        policy: `script-src 'strict-dynamic' 'nonce-a' 'unsafe-inline' https: 'nonce-bm8='`,
        needsNonce: true
      }
    )
    expect(allowLive(`default-src 'strict-dynamic' 'nonce-a'; connect-src 'self'`, ORIGIN, 'bm8=')).toEqual({
      policy: `default-src 'strict-dynamic' 'nonce-a'; connect-src 'self'; script-src 'strict-dynamic' 'nonce-a' 'nonce-bm8='`,
      needsNonce: true
    })
  })
})

describe('a policy in a page', () => {
  const inMeta = (html: string): { html: string; needsNonce: boolean } => {
    const found = allowLiveInMeta(Buffer.from(html, 'latin1'), ORIGIN, 'n')
    return { ...found, html: found.html.toString('latin1') }
  }

  test.each([
    [
      `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">`,
      `<meta http-equiv="Content-Security-Policy" content="connect-src ${OWN}">`
    ],
    [
      `<META CONTENT='connect-src &#39;none&#39;; img-src &quot;' HTTP-EQUIV=content-security-policy>\xe9`,
      `<META CONTENT="connect-src ${OWN}; img-src &quot;" HTTP-EQUIV=content-security-policy>\xe9`
    ],
    [
      `<meta http-equiv=content-security-policy content=connect-src>`,
      `<meta http-equiv=content-security-policy content="connect-src ${OWN}">`
    ]
  ])('is treated as one in a header: %j', (html, wanted) => {
    expect(inMeta(html)).toEqual({ html: wanted, needsNonce: false })
  })

  test('says whether the tag needs a nonce', () => {
    const { needsNonce } = inMeta(
      `<head><meta http-equiv=content-security-policy content="script-src 'strict-dynamic'">`
    )
    expect(needsNonce).toBe(true)
  })

  test.each([
    `<meta name="a" content="connect-src 'none'">`,
    `<meta http-equiv="content-security-policy-report-only" content="connect-src 'none'">`,
    `<!-- <meta http-equiv=content-security-policy content="connect-src 'none'"> -->`,
    `<script>'<meta http-equiv=content-security-policy content="connect-src none">'</script>`,
    `<title><meta http-equiv=content-security-policy content="connect-src 'none'"></title>`,
    `<noscript><meta http-equiv=content-security-policy content="connect-src 'none'"></noscript>`,
    `<body><meta http-equiv=content-security-policy content="connect-src 'none'">`,
    `<p title="<meta http-equiv=content-security-policy content=connect-src>">`,
    `<meta http-equiv=content-security-policy>`,
    `<meta http-equiv=content-security-policy content="connect-src 'self'">`,
    `<meta http-equiv=content-security-policy content="connect-src`
  ])('is left as it is where it is none, or has no need: %j', (html) => {
    expect(inMeta(html)).toEqual({ html, needsNonce: false })
  })
})
