import { rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { writtenPaths } from '../src/written-paths.js'
import { config, EleventyProject } from './support/eleventy-project.js'

describe('files in the output that a build did not write', { timeout: 180_000 }, () => {
  test('are named in a warning as long as they lie there, and published', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': 'One', 'old.md': 'Old' })
    await project.build()
    rmSync(path.join(project.dir, 'old.md'))
    project.write({ 'index.html': 'One, edited' })
    for (const build of [await project.build(), await project.build()]) {
      expect(build.stderr.trim().split('\n')).toEqual([
        '[sitedrive] 1 file in the output not written by this build, published all the same: /old/index.html. ' +
          'Delete what is left over.'
      ])
    }
    expect(Object.keys((await project.published())?.files ?? {})).toEqual(['/index.html', '/old/index.html'])

    rmSync(path.join(project.dir, '_site/old'), { recursive: true })
    expect((await project.build()).stderr).toBe('')
    expect(Object.keys((await project.published())?.files ?? {})).toEqual(['/index.html'])
  })

  test('do not include what another part of the build wrote before Eleventy began', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        `  mkdirSync('_site', { recursive: true })
  writeFileSync('_site/from-config.html', '')
  eleventyConfig.on('eleventy.before', () => writeFileSync('_site/from-before.html', ''))
  execFileSync(process.execPath, ['-e', 'setTimeout(() => {}, 200)']) // some slow step of the build
  eleventyConfig.addPlugin(sitedrive)`,
        "import { execFileSync } from 'node:child_process'\nimport { mkdirSync, writeFileSync } from 'node:fs'"
      ),
      'index.html': 'One'
    })
    await project.build()
    expect((await project.build()).stderr).toBe('')
    expect((await project.published())?.files).toEqual(project.output())
  })
})

test('writtenPaths turns what Eleventy says into paths of the drive', () => {
  const build = {
    runMode: 'build' as const,
    outputMode: 'fs' as const,
    incremental: false,
    directories: { output: './_out/' },
    results: [{ outputPath: './_out/posts/p1/index.html' }, { outputPath: path.resolve('_out/404.html') }]
  }
  const copied = ['/a%20b.css', '/100%25.txt', '/100%2525.txt', '/na%C3%AFve/#1?.bin'] // encodeURI, as Eleventy does
  expect(writtenPaths(build, copied)).toEqual([
    '/posts/p1/index.html',
    '/404.html',
    '/a b.css',
    '/100%.txt',
    '/100%25.txt',
    '/naïve/#1?.bin'
  ])
})
