import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  cleanEnvironment,
  linkPackages,
  makeTemporaryFolder,
  readFolder,
  readProjectSite,
  runCommand,
  runToSuccess,
  startCommand,
  until,
  writeFiles,
  type Finished
} from '@sitedrive/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linesOf, packageDir } from './support/vite-project.js'

interface Framework {
  packages: string[]
  files: Record<string, string>
  build: string[]
  output: string
  /** The command of the dev server. */
  dev: string[]
  /** What its one line names to be watched. */
  watched: string
  /** Files of the site; the first one is a page that shows its address. */
  pages: [string, ...string[]]
  generator: string
}

const vitepress: Omit<Framework, 'packages'> = {
  files: {
    'docs/.vitepress/config.mjs': `import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import sitedrive from '@sitedrive/vite-plugin'
const addsToBuildEnd = {
  name: 'adds-to-build-end',
  configResolved({ vitepress }) {
    const { buildEnd } = vitepress
    vitepress.buildEnd = async (site) => {
      await buildEnd(site)
      await setTimeout(100)
      writeFileSync(site.outDir + '/late.txt', 'late')
    }
  }
}
export default {
  ignoreDeadLinks: true,
  sitemap: { hostname: 'https://example.org' },
  vite: { plugins: [sitedrive(), addsToBuildEnd] },
  buildEnd: () => { if (process.env.FAULT) throw new Error('thrown in buildEnd') }
}`,
    'docs/index.md': `# One

{{ url }}

<script setup>
const url = import.meta.env.SITEDRIVE_URL
</script>
`,
    'docs/two.md': '# Two\n\n[x](http://localhost:1/)\n\n[y](/none.pdf)'
  },
  build: ['vitepress', 'build', 'docs'],
  output: 'docs/.vitepress/dist',
  dev: ['vitepress', 'dev', 'docs', '--port=0'],
  watched: 'docs/.vitepress/dist',
  pages: ['/index.html', '/two.html', '/sitemap.xml', '/late.txt'],
  generator: 'VitePress'
}

const FRAMEWORKS: Record<string, Framework> = {
  'VitePress 1': { ...vitepress, packages: ['vitepress@1.6.4', 'vue@3'] },
  // The last one that does not wait for its site map.
  'VitePress 2 (alpha.17)': { ...vitepress, packages: ['vitepress@2.0.0-alpha.17', 'vue@3'] },
  'VitePress 2': { ...vitepress, packages: ['vitepress@2.0.0-alpha.19', 'vue@3'] },
  'Astro 5': {
    packages: ['astro@5', '@astrojs/sitemap@3.4'],
    files: {
      'astro.config.mjs': `import sitedrive from '@sitedrive/vite-plugin/astro'
import plugin from '@sitedrive/vite-plugin'
import sitemap from '@astrojs/sitemap'
const isMisplaced = Boolean(process.env.MISPLACED)
export default {
  site: 'https://example.org',
  integrations: isMisplaced ? [] : process.env.LAST ? [sitemap(), sitedrive()] : [sitedrive(), sitemap()],
  vite: { plugins: isMisplaced ? [plugin()] : [] }
}`,
      'src/pages/index.astro': `---
if (process.env.FAULT) throw new Error('thrown in a page')
---
<h1>{import.meta.env.SITEDRIVE_URL}</h1>`,
      'src/pages/two.md': '# Two',
      'public/robots.txt': ''
    },
    build: ['astro', 'build'],
    output: 'dist',
    dev: ['astro', 'dev', '--port=0'],
    watched: 'dist',
    pages: ['/index.html', '/two/index.html', '/sitemap-index.xml', '/sitemap-0.xml'],
    generator: 'Astro'
  },
  Starlight: {
    packages: ['astro@5', '@astrojs/starlight@0.34'],
    files: {
      'astro.config.mjs': `import sitedrive from '@sitedrive/vite-plugin/astro'
import starlight from '@astrojs/starlight'
const docs = starlight({ title: 'A site' })
export default {
  site: 'https://example.org',
  integrations: process.env.LAST ? [docs, sitedrive()] : [sitedrive(), docs]
}`,
      'src/content.config.ts': `import { defineCollection } from 'astro:content'
import { docsLoader } from '@astrojs/starlight/loaders'
import { docsSchema } from '@astrojs/starlight/schema'
export const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) }`,
      'src/content/docs/index.mdx': '---\ntitle: One\n---\n{import.meta.env.SITEDRIVE_URL}\n',
      'src/content/docs/two.md': '---\ntitle: Two\n---\nTwo\n',
      'src/pages/fault.astro': `---
if (process.env.FAULT) throw new Error('thrown in a page')
---`
    },
    build: ['astro', 'build'],
    output: 'dist',
    dev: ['astro', 'dev', '--port=0'],
    watched: 'dist',
    pages: ['/index.html', '/two/index.html', '/sitemap-0.xml', '/pagefind/pagefind.js'],
    generator: 'Astro'
  },
  'SvelteKit 2': {
    packages: [
      '@sveltejs/kit@2',
      '@sveltejs/adapter-static@3',
      '@sveltejs/vite-plugin-svelte@6',
      'svelte@5',
      'vite@7'
    ],
    files: {
      'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite'
import sitedrive from '@sitedrive/vite-plugin'
export default { plugins: [sitedrive(), sveltekit()] }`,
      'svelte.config.js': `import adapter from '@sveltejs/adapter-static'
const other = { name: 'adapter-of-a-host', adapt() {} }
export default {
  kit: { version: { name: 'one' }, adapter: process.env.MISPLACED ? other : adapter({ pages: 'site' }) }
}`,
      'src/app.html': '<html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>',
      'src/routes/+layout.js': `export const prerender = true
if (process.env.FAULT) throw new Error('thrown while prerendering')`,
      'src/routes/+page.svelte': '<h1>{import.meta.env.SITEDRIVE_URL}</h1><a href="/two">two</a>',
      'src/routes/two/+page.svelte': '<h1>Two</h1>'
    },
    build: ['vite', 'build'],
    output: 'site',
    dev: ['vite', '--port=0'],
    watched: '<folder of the build>',
    pages: ['/index.html', '/two.html'],
    generator: 'SvelteKit'
  },
  'React Router 7': {
    packages: [
      'react@19',
      'react-dom@19',
      'react-router@7',
      '@react-router/dev@7',
      '@react-router/node@7',
      'isbot@5',
      'vite@7'
    ],
    files: {
      'vite.config.js': `import { reactRouter } from '@react-router/dev/vite'
import sitedrive from '@sitedrive/vite-plugin'
export default { plugins: [sitedrive(), reactRouter()] }`,
      'react-router.config.js': `export default { ssr: Boolean(process.env.MISPLACED), prerender: ['/', '/two'] }`,
      'app/root.jsx': `import { Links, Meta, Outlet, Scripts } from 'react-router'
export default function Root() {
  return <html><head><Meta /><Links /></head><body><Outlet /><Scripts /></body></html>
}`,
      'app/routes.js': `import { index, route } from '@react-router/dev/routes'
export default [index('one.jsx'), route('two', 'two.jsx')]`,
      'app/one.jsx': `export default function One() {
  if (globalThis.process?.env.FAULT) throw new Error('thrown while prerendering')
  return <h1>{import.meta.env.SITEDRIVE_URL}</h1>
}`,
      'app/two.jsx': 'export default function Two() { return <h1>Two</h1> }'
    },
    build: ['react-router', 'build'],
    output: 'build/client',
    dev: ['react-router', 'dev', '--port=0'],
    watched: 'build/client',
    pages: ['/index.html', '/two/index.html', '/__spa-fallback.html'],
    generator: 'React Router'
  }
}

// Installs each framework anew, which takes longer than all other tests of the package.
describe.each(Object.entries(FRAMEWORKS))('with %s', { tags: 'long', timeout: 180_000 }, (_, framework) => {
  const { packages, files, build, output, dev, watched, pages, generator } = framework
  const project = makeTemporaryFolder()
  const home = makeTemporaryFolder()
  afterAll(() => {
    project.remove()
    home.remove()
  })

  const options = (env: Record<string, string> = {}) => ({
    cwd: project.dir,
    env: cleanEnvironment({ SITEDRIVE_HOME: home.dir, ASTRO_TELEMETRY_DISABLED: '1', ...env }),
    deadlineMs: 170_000
  })
  const command = { command: 'npx', args: build }
  const succeed = (env?: Record<string, string>): Promise<Finished> => runToSuccess(command, options(env))
  const published = () => readProjectSite(home.dir, project.dir)
  // Astro begins its lines with the time.
  const said = ({ output: text }: Finished) =>
    linesOf({ output: text.replace(/^\d\d:\d\d:\d\d (?:\[WARN\] \[vite\] )?/gm, '') })

  beforeAll(async () => {
    writeFiles(project.dir, { 'package.json': '{ "private": true, "type": "module" }', ...files })
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...packages]
    await promisify(execFile)('npm', args, { cwd: project.dir })
    linkPackages(project.dir, { '@sitedrive/vite-plugin': packageDir })
  }, 180_000)

  const isRefusable = JSON.stringify(files).includes('MISPLACED')
  test.skipIf(!isRefusable)(
    'what is refused is said with the line that works, and no key is made',
    async () => {
      const lines = said(await succeed({ MISPLACED: '1' }))
      expect(lines).toEqual([expect.stringContaining('Not published: ')])
      expect(lines[0]).toMatch(/@sitedrive\/vite-plugin\/astro|"postbuild": "sitedrive publish/)
      expect(await published()).toBe(null)
    }
  )

  test('a build publishes every page, once all are written', async () => {
    const first = await succeed()
    expect(said(first).filter((line) => line.includes('Release'))).toHaveLength(1)
    if (output.includes('.vitepress')) {
      expect(first.output).toMatch(/docs\/two\.md:3: `http:\/\/localhost:1\/` leads/)
      expect(first.output).toMatch(/docs\/two\.md:5: The link `\/none\.pdf` leads/)
    }
    const site = await published()
    expect(site?.files).toEqual(readFolder(path.join(project.dir, output)))
    expect(Object.keys(site?.files ?? {})).toEqual(expect.arrayContaining(pages))
    expect(site?.files[pages[0]]).toContain(`hyper://${site?.key}/`)
    expect(site?.record.generator).toEqual({
      name: generator,
      version: expect.stringMatching(/^\d/) as string
    })
  })

  test('a build that changes nothing takes no page away', async () => {
    const before = await published()
    // React Router leaves the manifest of Vite there, in a dot folder.
    const lines = said(await succeed()).filter((line) => !line.includes('Left out: 1 dot file'))
    const site = await published()
    expect(site?.files).toEqual(before?.files)
    expect(lines).toEqual([expect.stringContaining('No change: release 1')])
  })

  const hasOrder = JSON.stringify(files).includes('LAST')
  test.skipIf(!hasOrder)('the plugin may also be the last in the list', async () => {
    await succeed({ LAST: '1' })
    const site = await published()
    expect(site?.files).toEqual(readFolder(path.join(project.dir, output)))
    expect(Object.keys(site?.files ?? {})).toEqual(expect.arrayContaining(pages))
  })

  test('the dev server says in one line what to use for a live preview', async () => {
    const { output: shown } = startCommand({ command: 'npx', args: dev }, options())
    const line = `The dev server of ${generator} has no live preview. \`npx sitedrive watch ${watched}\` shows`
    await until(() => shown().includes(line), { timeoutMs: 60_000, describe: shown })
    expect(shown().split('has no live preview')).toHaveLength(2)
  })

  test('a build that fails publishes nothing', async () => {
    const before = await published()
    const { exitCode } = await runCommand(command, options({ FAULT: '1' }))
    expect(exitCode).toBe(1)
    expect(await published()).toEqual(before)
  })
})
