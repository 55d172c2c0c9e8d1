import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..', '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

// Who searches the docs for the code of an error must find it there.
test('each code that an error can have is explained in docs/troubleshooting.md, once, and no other', () => {
  const [union = ''] =
    /^export type SitedriveErrorCode =[^;]*?\n\n/m.exec(read('packages/core/src/error.ts')) ?? []
  const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(40)
  const explained = [...read('docs/troubleshooting.md').matchAll(/^\| `([A-Z_]+)` \| \S+/gm)].map(
    ([, code]) => code
  )
  expect(new Set(explained)).toEqual(new Set(codes))
  expect(explained).toHaveLength(codes.length)
})
