import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressConstants } from '../src/address-constants.js'
import { VERSIONS, ViteProject } from './support/vite-project.js'

const PAGE =
  '<a href="%SITEDRIVE_URL%">%SITEDRIVE_KEY% %SITEDRIVE_MIRROR%</a>\n<script type="module" src="/main.js"></script>\n'
const MAIN = `const { SITEDRIVE_URL, SITEDRIVE_KEY } = import.meta.env
console.log(SITEDRIVE_URL, SITEDRIVE_KEY, import.meta.env.SITEDRIVE_MIRROR)\n`

function pages(project: ViteProject): { html: string; script: string } {
  const files = Object.entries(project.output())
  const one = (ending: string) => files.find(([name]) => name.endsWith(ending))?.[1] ?? ''
  return { html: one('.html'), script: one('.js') }
}

describe.each(VERSIONS)('with Vite %i, pages and code', { timeout: 180_000 }, (version) => {
  test('know the address in the very first build, and it is the one that is published', async () => {
    const project = new ViteProject({ 'index.html': PAGE, 'main.js': MAIN }, version)
    await project.build()
    const key = (await project.published())?.key
    const { html, script } = pages(project)
    expect(html).toContain(`<a href="hyper://${key}/">${key} </a>`)
    expect(script).toContain(`hyper://${key}/`)
    expect((await project.published())?.files).toEqual(project.output())
  })

  test('know the mirror of sitedrive.json', { tags: 'long' }, async () => {
    const project = new ViteProject({ 'index.html': PAGE, 'main.js': MAIN }, version)
    await project.build()
    const { key } = JSON.parse(readFileSync(path.join(project.dir, 'sitedrive.json'), 'utf8')) as {
      key: string
    }
    project.write({ 'sitedrive.json': JSON.stringify({ key, mirror: 'https://example.org' }) })
    await project.build()
    expect(pages(project).html).toContain(`${key} https://example.org/<`)
  })

  test('find empty texts where there is no address and none is made', async () => {
    const project = new ViteProject({ 'index.html': PAGE, 'main.js': MAIN }, version)
    await project.build([], { SITEDRIVE_PUBLISH: '0' })
    expect(pages(project).html).toContain('<a href=""> </a>')
    expect(pages(project).script).not.toContain('hyper:')
  })
})

describe('an address', () => {
  test('is nothing in constants where there is none', () => {
    expect(Object.values(addressConstants({ key: null, url: null, mirror: null }))).toEqual([
      '""',
      '""',
      '""'
    ])
  })
})
