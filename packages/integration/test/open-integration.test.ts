import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { readProjectSite, temporaryFolder, writeFiles } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { openIntegration, type Host } from '../src/index.js'

function project(env: Record<string, string> = {}) {
  const [projectDir, home] = [temporaryFolder(), temporaryFolder()]
  writeFiles(projectDir, { 'site/index.html': '<p>Hello' })
  const lines: string[] = []
  const host: Host = {
    name: 'Test',
    version: '1.0.0',
    buildCommand: 'true',
    write: ({ text }) => lines.push(text)
  }
  const options = { projectDir, env: { SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...env } }
  return { integration: openIntegration(host, options), dir: `${projectDir}/site`, projectDir, home, lines }
}

describe('an integration', () => {
  test('publishes at the address that it gave to templates before the first build', async () => {
    const { integration, dir, projectDir, home } = project()
    const { key } = await integration.address(true)
    expect(key).not.toBe(null)
    await integration.publish({ dir })
    expect((await readProjectSite(home, projectDir))?.key).toBe(key)
    expect((await integration.address(false)).key).toBe(key)
    await integration.close()
  })

  test('tells the address of a project that has a key without loading core, for which generators would wait', () => {
    const projectDir = temporaryFolder()
    const key = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1o'
    writeFiles(projectDir, { 'sitedrive.json': JSON.stringify({ key }) })
    const index = fileURLToPath(new URL('../dist/index.js', import.meta.url))
    const script = `
      const read = []
      const { readFileSync } = fs
      fs.readFileSync = (file, ...rest) => (read.push(String(file)), readFileSync(file, ...rest))
      const { openIntegration } = await import(${JSON.stringify(index)})
      const integration = openIntegration({}, { projectDir: ${JSON.stringify(projectDir)} })
      const { key } = await integration.address(true)
      const core = read.filter((file) => /core.bundle.index-/.test(file))
      console.log(JSON.stringify({ key, core }))`
    const printed = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', `import fs from 'node:fs'\n${script}`],
      {
        encoding: 'utf8'
      }
    )
    expect(JSON.parse(printed)).toEqual({ key, core: [] })
  })

  test('gives a project without a key no address for a build that is only looked at', async () => {
    const { integration, projectDir, home } = project()
    expect(await integration.address(false)).toEqual({ key: null, url: null, mirror: null })
    expect(await readProjectSite(home, projectDir)).toBe(null)
  })

  test('publishes the whole of a file that nobody has waited for', async () => {
    const { integration, dir, projectDir, home } = project()
    const chunks = Array.from({ length: 500 }, () => `${'x'.repeat(99)}\n`)
    Readable.from(chunks).pipe(createWriteStream(`${dir}/sitemap.xml`, { highWaterMark: 1 }))
    await integration.publish({ dir })
    expect((await readProjectSite(home, projectDir))?.files['/sitemap.xml']).toBe(chunks.join(''))
    await integration.close()
  })

  test('says nothing of a finding that the generator has told', async () => {
    const { integration, dir, lines } = project()
    writeFiles(dir, { 'index.html': '<a href="/missing">' })
    const outcome = await integration.publish({ dir, isReported: ({ check }) => check === 'broken-link' })
    expect(outcome).toMatchObject({ status: 'published', notes: { findings: [] } })
    expect(lines.join('\n')).not.toContain('missing')
  })

  test('tells a refusal with the variable that lets it go on', async () => {
    const { integration, dir, lines } = project()
    writeFiles(dir, { 'package.json': '{}' })
    await expect(integration.publish({ dir })).rejects.toMatchObject({
      code: 'DIR_IS_PROJECT',
      message: expect.stringContaining('SITEDRIVE_ALLOW=project') as unknown,
      stack: expect.stringMatching(/^SitedriveError DIR_IS_PROJECT: [^\n]*$/) as unknown
    })
    expect(lines).toEqual([])
  })
})
