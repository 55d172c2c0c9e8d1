import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseExamples, runExamples } from '../src/index.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** How many blocks may be beyond what these tests can run: other operating systems' tools, public domains. */
const MOST_NOT_RUN = 20

/** All that is written for users, by paths below the repository's folder. */
const PAGES = [
  'README.md',
  ...pagesIn('docs'),
  ...readdirSync(path.join(ROOT, 'packages')).flatMap((name) => pagesIn(`packages/${name}`))
]

function pagesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory())
      return folder === 'docs' && !['node_modules', '_site'].includes(entry.name) ? pagesIn(name) : []
    return name.endsWith('.md') ? [name] : []
  })
}

function shellExamples(page: string) {
  return parseExamples(readFileSync(path.join(ROOT, page), 'utf8')).filter(
    (example) => example.kind === 'shell'
  )
}

test('each shell example can be run, or says why not; those are few', async ({ annotate }) => {
  const notRun = PAGES.flatMap((page) =>
    shellExamples(page).flatMap(({ line, marks }) =>
      marks.notRun === null ? [] : [`${page}:${line}: ${marks.notRun}`]
    )
  )
  await annotate(`Not run:\n${notRun.join('\n')}`)
  expect(notRun.length).toBeLessThanOrEqual(MOST_NOT_RUN)
})

test('the examples of README.md do what it says', { timeout: 300_000 }, async () => {
  expect(await runExamples(path.join(ROOT, 'README.md'))).toBeGreaterThan(0)
})

test.each(PAGES.filter((page) => shellExamples(page).length > 0))(
  'the examples of %s do what it says, those that take long as well',
  { tags: 'long', timeout: 600_000 },
  async (page) => {
    expect(await runExamples(path.join(ROOT, page), { withLong: true })).toBeGreaterThanOrEqual(0)
  }
)
