import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as rules from '../../src/rules-entry.js'

test('exports exactly what a mirror applies', () => {
  expect(Object.keys(rules).sort()).toEqual([
    'HEADERS_PATH',
    'MAX_REDIRECTS',
    'MAX_REDIRECT_LINE',
    'MAX_RULE_FILE_BYTES',
    'REDIRECTS_PATH',
    'REDIRECT_STATUSES',
    'SHOW_STATUSES',
    'decodeAddress',
    'devServerOf',
    'fillTarget',
    'isLocalTarget',
    'isShowStatus',
    'pathOfTarget',
    'readHeadersFile',
    'readRedirectsFile',
    'redirectMatcher',
    'singleSlashes',
    'writtenText'
  ])
})

test('loads nothing but its own files', () => {
  const folder = new URL('../../src/site-rules/', import.meta.url)
  const imports = readdirSync(folder).flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from!)
  )
  expect(imports.length).toBeGreaterThan(0)
  expect(imports.filter((from) => !/^\.\/[a-z-]+\.js$/.test(from))).toEqual([])
})
