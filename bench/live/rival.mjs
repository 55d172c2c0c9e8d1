// What authors have today: a server on their own machine that reloads their browser.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { now, page } from './site.mjs'

const [name, dir] = process.argv.slice(2)
mkdirSync(dir, { recursive: true })
const index = path.join(dir, 'index.html')
const port = await freePort()

const rivals = {
  async eleventy() {
    const { default: DevServer } = await import('@11ty/eleventy-dev-server')
    writeFileSync(index, page('index', 'first'))
    const server = DevServer.getServer('bench', dir, {
      port,
      portReassignmentRetryCount: 0,
      showVersion: false
    })
    await server.serve(port)
    return (text) => {
      const content = page('index', text)
      writeFileSync(index, content)
      const writtenAt = now()
      // As Eleventy does it after a build.
      void server.reload({
        files: ['./index.njk'],
        build: { stylesheets: [], templates: [{ url: '/', inputPath: './index.njk', content }] }
      })
      return writtenAt
    }
  },

  async 'vite-module'() {
    const text = path.join(dir, 'text.js')
    writeFileSync(text, moduleOf('first'))
    const html = page('index', 'first').replace(
      '</body>',
      '<script type="module" src="/text.js"></script></body>'
    )
    writeFileSync(index, html)
    await serveWithVite()
    return (next) => {
      writeFileSync(text, moduleOf(next))
      return now()
    }
  },

  async 'vite-page'() {
    writeFileSync(index, page('index', 'first'))
    await serveWithVite()
    return (text) => {
      writeFileSync(index, page('index', text))
      return now()
    }
  },

  async 'browser-sync'() {
    const { default: browserSync } = await import('browser-sync')
    writeFileSync(index, page('index', 'first'))
    const options = {
      server: dir,
      files: [`${dir}/**`],
      port,
      open: false,
      ui: false,
      notify: false,
      logLevel: 'silent'
    }
    await new Promise((resolve) => browserSync.create().init(options, resolve))
    return (text) => {
      writeFileSync(index, page('index', text))
      return now()
    }
  }
}

const write = await rivals[name]()
process.on('message', ({ text }) => {
  const writtenAt = write(text)
  process.send({ kind: 'written', text, writtenAt, updatedAt: writtenAt, cpuMs: 0 })
})
process.on('disconnect', () => process.exit())
process.send({ kind: 'ready', url: `http://localhost:${port}/` })

async function serveWithVite() {
  const { createServer: createVite } = await import('vite')
  const server = await createVite({
    root: dir,
    configFile: false,
    logLevel: 'silent',
    server: { port, strictPort: true }
  })
  await server.listen()
}

function moduleOf(text) {
  return `document.getElementById('text').textContent = ${JSON.stringify(text)}\nimport.meta.hot.accept()\n`
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address()
      server.close(() => resolve(free))
    })
  })
}
