// The author's machine: a site of many pages, its live preview, and a generator that writes one page when it is told to.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openLivePreview } from '@sitedrive/preview/live'
import { parseBootstrap } from '@sitedrive/core/internal'
import { now, page } from './site.mjs'

const [root, pages, bootstrap] = process.argv.slice(2)
const dir = path.join(root, 'project', '_site')
mkdirSync(dir, { recursive: true })
for (let n = 0; n < Number(pages); n++) writeFileSync(path.join(dir, `page-${n}.html`), page(n, 'first'))
writeFileSync(path.join(dir, 'index.html'), page('index', 'first'))

const preview = await openLivePreview({
  projectDir: path.join(root, 'project'),
  env: { ...process.env, SITEDRIVE_HOME: path.join(root, 'home') },
  bootstrap: bootstrap ? parseBootstrap(bootstrap) : null,
  onProblem: (problem) => console.error(problem)
})
await preview.update(dir)
process.send({ kind: 'ready', link: preview.link, url: preview.url })

process.on('message', (message) => void edit(message))
process.on('disconnect', () => process.exit())

async function edit({ text, isSignalled }) {
  const before = process.cpuUsage()
  writeFileSync(path.join(dir, 'index.html'), page('index', text))
  const writtenAt = now()
  await preview.update(dir, isSignalled ? ['/index.html'] : undefined)
  const updatedAt = now()
  const { user, system } = process.cpuUsage(before)
  process.send({ kind: 'written', text, writtenAt, updatedAt, cpuMs: (user + system) / 1000 })
}
