import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { config, linesOf, VERSIONS, ViteProject, type ViteVersion } from './support/vite-project.js'

const ENVIRONMENTS = `environments: {
    client: { build: { outDir: 'dist/client' } },
    ssr: { build: { outDir: 'dist/server', rollupOptions: { input: 'server.js' } } }
  },`
const FILES = { 'server.js': 'export default import.meta.env.SITEDRIVE_KEY' }

/** Writes what no environment writes, when another one is closed. */
const PRERENDERER = `{
    name: 'prerenderer',
    async closeBundle() {
      if (this.environment.name === 'ssr') writeFileSync('dist/client/prerendered.html', 'by the server')
    }
  }`

function project(lines: string, version: ViteVersion, plugins = `sitedrive(), ${PRERENDERER}`): ViteProject {
  const text = config(
    `  plugins: [${plugins}],\n  ${ENVIRONMENTS}\n  ${lines}`,
    "import { writeFileSync } from 'node:fs'"
  )
  return new ViteProject({ ...FILES, 'vite.config.js': text }, version)
}

/** What two builds say, and what was published of what was written for browsers. */
async function buildTwice(built: ViteProject, args: string[] = []) {
  const lines = [linesOf(await built.build(args)).slice(0, 1), linesOf(await built.build(args))]
  const site = await built.published()
  const isServersToo = built.output('dist/server')['/server.js']?.includes(site?.key ?? 'nothing')
  const isWhole = isDeepStrictEqual(site?.files, built.output('dist/client'))
  return { lines, files: Object.keys(site?.files ?? {}).toSorted(), isWhole, isServersToo }
}

/** Both times readers see all that was written for browsers, in one release. */
const WHOLE = {
  lines: [
    [expect.stringContaining('Release 1: 2 new pages')],
    [expect.stringContaining('No change: release 1')]
  ],
  files: ['/index.html', '/prerendered.html'],
  isWhole: true,
  isServersToo: true
}

describe.each(VERSIONS)('the environments of a Vite %i build', { timeout: 180_000 }, (version) => {
  test('are published once, when all are written', async () => {
    expect(await buildTwice(project('builder: {},', version))).toEqual(WHOLE)
  })

  test('are published when the command line asks for all of them', { tags: 'long' }, async () => {
    expect(await buildTwice(project('', version), ['--app'])).toEqual(WHOLE)
  })

  test.each(['sharedConfigBuild', 'sharedPlugins'])(
    'are published when they have one config by %s',
    { tags: 'long' },
    async (name) => {
      expect(await buildTwice(project(`builder: { ${name}: true },`, version))).toEqual(WHOLE)
    }
  )

  test('are published after what the builder does at last', { tags: 'long' }, async () => {
    const built = project(
      `builder: { async buildApp(builder) {
    await builder.build(builder.environments.client)
    await builder.build(builder.environments.ssr)
    writeFileSync('dist/client/prerendered.html', 'by the builder')
  } },`,
      version,
      'sitedrive()'
    )
    expect(await buildTwice(built)).toEqual(WHOLE)
  })

  test('are not published where the one for browsers is not built', { tags: 'long' }, async () => {
    const built = project(
      'builder: { buildApp: (builder) => builder.build(builder.environments.ssr) },',
      version,
      'sitedrive()'
    )
    expect(linesOf(await built.build())).toEqual([expect.stringContaining('a build for a server (SSR)')])
    expect(await built.published()).toBe(null)
  })
})

describe.each(VERSIONS.filter((version) => version > 6))(
  'the plugins of Vite %i',
  { timeout: 180_000 },
  (version) => {
    test.each(['normal', 'post'])(
      'that build by themselves in a hook (%s) have written when it is published',
      { tags: 'long' },
      async (order) => {
        const builder = `{
    name: 'builder',
    buildApp: { ${order === 'post' ? "order: 'post'," : ''} async handler(builder) {
      for (const environment of Object.values(builder.environments)) {
        if (!environment.isBuilt) await builder.build(environment)
      }
      writeFileSync('dist/client/prerendered.html', 'by a plugin')
    } }
  }`
        expect(await buildTwice(project('builder: {},', version, `sitedrive(), ${builder}`))).toEqual(WHOLE)
      }
    )
  }
)
