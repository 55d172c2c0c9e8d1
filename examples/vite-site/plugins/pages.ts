import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Plugin, ResolvedConfig } from 'vite'
import { readNotes, renderFile, type Note } from './markdown.ts'
import { about, feed, home, notePage, notFound } from './templates.ts'

/** The pages that no file holds as it is: Markdown and templates become HTML, which Vite then treats as its own. */
export function pages(): Plugin {
  let root = ''
  let site = { url: '', key: '' }
  /** Of the build that runs, by file. */
  let built = new Map<string, () => string>()
  const notesDir = () => path.join(root, 'notes')

  /** Pages by path: those that end with a slash are a folder's `index.html`. */
  const render = (notes: Note[]): Map<string, () => string> =>
    new Map([
      ['/', () => home(notes)],
      ['/about/', () => about(renderFile(path.join(root, 'about.md')))],
      ['/404.html', () => notFound()],
      ...notes.map((note) => [`/notes/${note.slug}/`, () => notePage(note, notes)] as const)
    ])
  const fileOf = (page: string) => path.join(root, page.endsWith('/') ? `${page}index.html` : page)

  return {
    name: 'pages',
    config(config) {
      root = path.resolve(config.root ?? '.')
      return { appType: 'mpa', build: { rollupOptions: { input: [...render(readNotes(notesDir())).keys()].map(fileOf) } } }
    },
    configResolved(config: ResolvedConfig) {
      const sitedrive = config.plugins.find(({ name }) => name === '@sitedrive/vite-plugin')
      const { url, key } = sitedrive?.api.address ?? {}
      site = { url: url ?? '', key: key ?? '' }
    },
    buildStart() {
      built = new Map([...render(readNotes(notesDir()))].map(([page, html]) => [fileOf(page), html]))
    },
    resolveId: (id) => (built.has(id) ? id : null),
    load(id) {
      const html = built.get(id)
      if (!html) return null
      for (const name of ['about.md', ...readdirSync(notesDir()).map((note) => `notes/${note}`)]) {
        this.addWatchFile(path.join(root, name))
      }
      return html()
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'feed.xml', source: feed(readNotes(notesDir()), site) })
    },
    configureServer(server) {
      server.watcher.on('all', (_event, file) => {
        if (file.endsWith('.md')) server.ws.send({ type: 'full-reload' })
      })
      server.middlewares.use(async (req, res, next) => {
        const { pathname } = new URL(req.url ?? '/', 'http://dev')
        try {
          if (pathname === '/feed.xml') {
            res.setHeader('content-type', 'application/atom+xml; charset=utf-8')
            res.end(feed(readNotes(notesDir()), site))
            return
          }
          const page = render(readNotes(notesDir())).get(pathname)
          if (!page) return next()
          res.setHeader('content-type', 'text/html; charset=utf-8')
          res.end(await server.transformIndexHtml(pathname, page()))
        } catch (error) {
          next(error)
        }
      })
    }
  }
}
