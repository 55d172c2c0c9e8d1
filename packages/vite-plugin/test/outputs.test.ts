import { existsSync } from 'node:fs'
import path from 'node:path'
import { readFolder, sitesIn, temporaryFolder } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { config, linesOf, VERSIONS, ViteProject, type ViteVersion } from './support/vite-project.js'

const POSTBUILD = '"postbuild": "sitedrive publish'

function built(lines: string, files: Record<string, string> = {}, version: ViteVersion = 8): ViteProject {
  return new ViteProject(
    { 'vite.config.js': config(`  plugins: [sitedrive()],\n${lines}`), ...files },
    version
  )
}

/** Builds; nothing must be published, and no key made. @returns the one line that says so */
async function expectUnpublished(project: ViteProject, args: string[] = []): Promise<string> {
  await project.build(args, { SITEDRIVE_PUBLISH: '0' }) // what lies there from before is of another day
  const lines = linesOf(await project.build(args))
  expect(lines).toHaveLength(1)
  expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
  expect(sitesIn(project.home)).toEqual([])
  return lines[0] ?? ''
}

describe.each(VERSIONS)('with Vite %i', { timeout: 180_000 }, (version) => {
  test('a build for a server is not published, and one line says so', async () => {
    const project = built('', { 'server.js': 'export default import.meta.env.SITEDRIVE_URL' }, version)
    expect(await expectUnpublished(project, ['--ssr', 'server.js'])).toContain('a build for a server (SSR)')
    expect(project.output()['/server.js']).not.toContain('hyper://')
  })

  test('a library is not published, and one line says so', { tags: 'long' }, async () => {
    const project = built(
      "build: { lib: { entry: 'main.js', formats: ['es', 'cjs'] } }",
      { 'main.js': 'export const one = 1', 'package.json': '{ "name": "one", "type": "module" }' },
      version
    )
    expect(await expectUnpublished(project)).toContain('a build of a library')
  })

  test(
    'a build that writes no file publishes nothing, whatever lies in the folder, and one line says so',
    { tags: 'long' },
    async () => {
      const project = built('build: { write: false }', { 'dist/index.html': 'of another day' }, version)
      expect(await expectUnpublished(project)).toContain('this build wrote no file')
    }
  )

  test('a build into the project folder itself fails and publishes nothing, unless that is allowed by name', async () => {
    const project = built("build: { outDir: '.', emptyOutDir: false }", { 'draft.md': '# Draft' }, version)
    const { exitCode, output } = await project.run(['build'])
    expect(exitCode).toBe(1)
    expect(output).toMatch(/DIR_IS_PROJECT.*holds `vite\.config\.js`, `package\.json` and `node_modules`/)
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
    await project.build([], { SITEDRIVE_ALLOW: 'project' })
    expect(Object.keys((await project.published())?.files ?? {})).toContain('/draft.md')
  })

  test(
    'outputs in several folders of `build.outDir` are one site, published once',
    { tags: 'long' },
    async () => {
      const project = built(
        "build: { rollupOptions: { output: [{ dir: 'dist/a' }, { dir: 'dist/b' }] } }",
        { 'public/robots.txt': '' },
        version
      )
      await project.build()
      const site = await project.published()
      expect(site?.files).toEqual(project.output())
      expect(Object.keys(project.output()).toSorted()).toEqual([
        '/a/index.html',
        '/a/robots.txt',
        '/b/index.html',
        '/b/robots.txt'
      ])
      expect(linesOf(await project.build())).toEqual([expect.stringContaining('No change: release 1')])
    }
  )

  test(
    'an output folder of the bundler’s own options is the one that is published',
    { tags: 'long' },
    async () => {
      const project = built(
        "build: { rollupOptions: { output: { dir: 'public_html' } } }",
        { 'dist/index.html': 'of another day' },
        version
      )
      await project.build()
      expect((await project.published())?.files).toEqual(project.output('public_html'))
    }
  )
})

describe('a build', { timeout: 180_000 }, () => {
  test(
    'of outputs that lie apart is left to the person who knows which is the site',
    { tags: 'long' },
    async () => {
      const project = built("build: { rollupOptions: { output: [{ dir: 'a' }, { dir: 'b' }] } }")
      expect(await expectUnpublished(project)).toContain(`${POSTBUILD} <folder>"`)
    }
  )

  test(
    'without a page is left to what writes the pages, though pages of an earlier day lie there; the line that is said publishes them',
    { tags: 'long' },
    async () => {
      const project = built("build: { rollupOptions: { input: 'main.js' }, emptyOutDir: false }", {
        'main.js': 'console.log(1)',
        'dist/index.html': 'of another day',
        'render.js': "import { writeFileSync } from 'node:fs'\nwriteFileSync('dist/index.html', 'of today')"
      })
      const line = await expectUnpublished(project)
      expect(line).toContain(`${POSTBUILD} <folder>"`)

      const postbuild = (/"postbuild": ".*?"/.exec(line)?.[0] ?? '').replace('<folder>', 'dist')
      const vite = `"vite build --logLevel warn && node render.js"`
      project.write({
        'package.json': `{ "private": true, "type": "module", "scripts": { "build": ${vite}, ${postbuild} } }`
      })
      project.linkPrograms()
      await project.command('npm', 'run', 'build')
      const site = await project.published()
      expect(site?.files).toEqual(project.output())
      expect(site?.files['/index.html']).toBe('of today')
    }
  )

  test('whose page comes from the public folder is published', { tags: 'long' }, async () => {
    const project = built("build: { rollupOptions: { input: 'main.js' } }", {
      'main.js': 'console.log(1)',
      'public/index.html': 'One'
    })
    await project.build()
    expect((await project.published())?.files).toEqual(project.output())
  })

  test('that a server’s build follows is left to what comes then', { tags: 'long' }, async () => {
    const project = built('build: { ssrManifest: true }')
    expect(await expectUnpublished(project)).toContain(`${POSTBUILD} <folder>"`)
  })

  test.each([
    ['nuxt:public-dirs', '.output/public'],
    ['nitro:main', '.output/public'],
    ['vinxi:config', '.output/public'],
    ['react-router', 'build/client']
  ])(
    'of scripts alone in a build with the plugin `%s` names the folder %s',
    { tags: 'long' },
    async (name, dir) => {
      const project = new ViteProject({
        'vite.config.js': config(
          `  plugins: [sitedrive(), { name: '${name}' }],\n  build: { outDir: '.scripts', rollupOptions: { input: 'main.js' } }`
        ),
        'main.js': 'console.log(1)'
      })
      expect(await expectUnpublished(project)).toContain(`${POSTBUILD} ${dir}"`)
    }
  )

  test(
    'that does not empty its folder publishes what is left over there, and names it',
    { tags: 'long' },
    async () => {
      const project = built('build: { emptyOutDir: false }', {
        'dist/old.html': 'old',
        'public/new.txt': 'new'
      })
      await project.build([], { SITEDRIVE_PUBLISH: '0' })
      const { output } = await project.build()
      expect(output).toContain(
        '1 file in the output not written by this build, published all the same: /old.html.'
      )
      expect((await project.published())?.files).toEqual(project.output())
    }
  )

  test('that empties its folder names nothing as left over', { tags: 'long' }, async () => {
    const project = built('', { 'public/a.txt': 'a' })
    await project.build()
    expect((await project.build()).output).not.toContain('not written by this build')
  })

  test('to a folder outside of the root publishes that folder', { tags: 'long' }, async () => {
    const outDir = path.join(temporaryFolder(), 'site')
    const project = built(`build: { outDir: ${JSON.stringify(outDir)} }`)
    await project.build()
    expect((await project.published())?.files).toEqual(readFolder(outDir))
  })
})
