import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readProject } from '@sitedrive/core'
import { parseKey } from '@sitedrive/core/drive'
import { temporaryFolder, writeFiles } from '@sitedrive/testing'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { STRANGER as KEY, Workbench } from './support/workbench.js'

const SCHEMA = readFileSync(fileURLToPath(new URL('../sitedrive.schema.json', import.meta.url)), 'utf8')
const isDescribed = new Ajv({ allErrors: true }).compile(JSON.parse(SCHEMA) as object)

const HEX = 'aa'.repeat(32)
const SECRET = { allow: ['/keys/index.html: private-key 0123456789ab'] }

/** What core makes of a file: what it reads, or null when it refuses it. */
function read(value: unknown) {
  const dir = temporaryFolder()
  writeFiles(dir, { 'sitedrive.json': JSON.stringify(value) })
  try {
    return readProject(dir, parseKey)
  } catch {
    return null
  }
}

describe('what sitedrive reads, the schema accepts', () => {
  test.each<[string, unknown]>([
    ['a key alone', { key: KEY }],
    [
      'all fields',
      {
        $schema: './x.json',
        key: KEY,
        name: 'A',
        seeds: [KEY],
        confirm: 1,
        mirror: 'https://a.example/',
        buildCommand: 'make',
        secrets: SECRET
      }
    ],
    ['a link as key', { key: `hyper://${KEY}/` }],
    ['a link to a page as key', { key: `hyper://${KEY}/about?x#y` }],
    ['hexadecimal digits as key', { key: HEX.toUpperCase() }],
    ['capitals and spaces in a key', { key: ` ${KEY.toUpperCase()} ` }],
    ['no name', { key: KEY, name: '' }],
    ['no seeds', { key: KEY, seeds: [] }],
    ['all of three seeds', { key: KEY, seeds: [KEY, KEY, KEY], confirm: 3 }],
    ['a mirror without a slash', { key: KEY, mirror: 'http://localhost:8080' }],
    ['a mirror in capitals', { key: KEY, mirror: 'HTTPS://A.EXAMPLE' }],
    ['a build of several words', { key: KEY, buildCommand: 'npm run build && node after.mjs' }],
    ['an exception without a fingerprint', { key: KEY, secrets: { allow: ['/a b: env-file'] } }],
    ['an exception for words', { key: KEY, secrets: { allow: ['/a: backup-words 01234567'] } }],
    ['no exception', { key: KEY, secrets: { allow: [] } }]
  ])('%s', (_, value) => {
    expect(read(value)).not.toBe(null)
    expect(isDescribed(value), JSON.stringify(isDescribed.errors)).toBe(true)
  })
})

describe('what sitedrive refuses, the schema refuses', () => {
  test.each<[string, unknown]>([
    ['a list', []],
    ['a text', 'key'],
    ['no key', { seeds: [] }],
    ['a key that is no text', { key: 1 }],
    ['a short key', { key: KEY.slice(1) }],
    ['a key with a letter that none has', { key: `v${KEY.slice(1)}` }],
    ['a web address as key', { key: 'https://example.org/' }],
    ['a Dat link as key', { key: `dat://${HEX}` }],
    ['a field that is not known', { key: KEY, seed: [KEY] }],
    ['a $schema that is no text', { key: KEY, $schema: 1 }],
    ['a name that is no text', { key: KEY, name: null }],
    ['one seed without a list', { key: KEY, seeds: KEY }],
    ['a seed that is no key', { key: KEY, seeds: ['peer'] }],
    ['confirm 0', { key: KEY, seeds: [KEY], confirm: 0 }],
    ['half a seed', { key: KEY, seeds: [KEY, KEY], confirm: 1.5 }],
    ['confirm as a text', { key: KEY, seeds: [KEY], confirm: '1' }],
    ['confirm without seeds', { key: KEY, confirm: 1 }],
    ['confirm 3 of two seeds', { key: KEY, seeds: [KEY, KEY], confirm: 3 }],
    ['a mirror of another kind', { key: KEY, mirror: 'ftp://a.example/' }],
    ['a mirror without a scheme', { key: KEY, mirror: 'a.example' }],
    ['a mirror without a host', { key: KEY, mirror: 'https://' }],
    ['an empty build', { key: KEY, buildCommand: ' ' }],
    ['a build of two lines', { key: KEY, buildCommand: 'a\nb' }],
    ['a build with what cannot be seen', { key: KEY, buildCommand: 'a\u202Eb' }],
    ['secrets that are no object', { key: KEY, secrets: [] }],
    ['secrets without a list', { key: KEY, secrets: {} }],
    ['secrets with something else', { key: KEY, secrets: { allow: [], deny: [] } }],
    ['an exception without a path', { key: KEY, secrets: { allow: ['private-key'] } }],
    ['an exception by no rule', { key: KEY, secrets: { allow: ['/a: keys'] } }],
    [
      'the secret of a site as an exception',
      { key: KEY, secrets: { allow: ['/a: site-secret 0123456789ab'] } }
    ],
    ['words as an exception without a fingerprint', { key: KEY, secrets: { allow: ['/a: backup-words'] } }],
    ['a fingerprint that is too short', { key: KEY, secrets: { allow: ['/a: env-file 0123456'] } }]
  ])('%s', (_, value) => {
    expect(read(value)).toBe(null)
    expect(isDescribed(value)).toBe(false)
  })
})

describe('a new sitedrive.json names the schema', () => {
  const installed = (dir: string, place: string) =>
    writeFiles(dir, { [`${place}/sitedrive.schema.json`]: SCHEMA })
  const linkIn = (bench: Workbench) => (JSON.parse(bench.projectFile()) as { $schema?: string }).$schema

  test.each(['node_modules/sitedrive', 'node_modules/.pnpm/node_modules/sitedrive'])(
    'that is installed in %s, and keeps it when it is edited',
    async (place) => {
      const bench = new Workbench()
      installed(bench.project, place)
      await bench.did('init')
      expect(linkIn(bench)).toBe(`./${place}/sitedrive.schema.json`)
      expect(path.join(bench.project, linkIn(bench) ?? '')).toSatisfy(
        (file: string) => readFileSync(file, 'utf8') === SCHEMA
      )
      await bench.did('init', '--name', 'A name')
      expect(linkIn(bench)).toBe(`./${place}/sitedrive.schema.json`)
      expect(Object.keys(JSON.parse(bench.projectFile()) as object)[0]).toBe('$schema')
    }
  )

  test('of the repository, from a project in one of its folders; at a first publish, too', async () => {
    const bench = new Workbench()
    installed(bench.project, 'node_modules/sitedrive')
    mkdirSync(path.join(bench.project, '.git'))
    bench.write({ 'sites/blog/_site/index.html': '<title>Home</title>' })
    await bench.did('--project', 'sites/blog', 'publish', '_site')
    const { $schema } = JSON.parse(
      readFileSync(path.join(bench.project, 'sites/blog/sitedrive.json'), 'utf8')
    ) as {
      $schema: string
    }
    expect($schema).toBe('../../node_modules/sitedrive/sitedrive.schema.json')
  })

  test('only where it is: an editor warns of one that is not there', async () => {
    const bench = new Workbench()
    await bench.did('init')
    expect(Object.keys(JSON.parse(bench.projectFile()) as object)).toEqual(['key', 'seeds'])
  })
})
