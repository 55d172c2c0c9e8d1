import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { clientScript } from '../../src/live/client-script.js'

test('the script that every page of a preview loads is below 6.5 kB when it is compressed', () => {
  expect(gzipSync(clientScript(), { level: 9 }).length).toBeLessThan(6_500)
})

test('uses nothing that pages with trusted types forbid', () => {
  // `innerHTML` is read in one place, to compare what is in templates.
  expect(clientScript()).not.toMatch(
    /DOMParser|createContextualFragment|innerHTML\s*=[^=]|outerHTML\s*=[^=]|\beval\b|\bFunction\(/
  )
})
