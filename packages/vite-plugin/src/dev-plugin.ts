import path from 'node:path'
import type { Plugin, ViteDevServer } from 'vite'
import type { DevSession } from './dev-session.js'
import { frameworkOf, type Framework } from './frameworks.js'
import { NAME } from './name.js'
import { noLivePreview } from './output-dir.js'
import { routerOutput } from './react-router.js'
import type { SiteProject } from './site-project.js'
import { sharedInProcess } from '@sitedrive/integration'
import { viteLogger, writeOnce } from './write-line.js'

/** The dev server starts first. Milliseconds. */
const START_MS = 100

/** Gives the dev server a live preview. */
export function devPlugin(project: SiteProject): Plugin {
  return {
    name: `${NAME}:dev`,
    apply: (_config, { command, isPreview }) =>
      command === 'serve' && isPreview !== true && !process.env['VITEST'],
    configureServer(server) {
      const { appType, server: settings } = server.config
      if (!(project.options.preview ?? true)) return
      const framework = frameworkOf(server.config)
      // Pages that others render are not in what a build of Vite alone would write.
      if (framework === null && appType !== 'custom' && !settings.middlewareMode) preview(server, project)
      // Astro's integration says it of its own server.
      else if (framework !== null && framework !== 'Astro') tellOfWatch(server, project, framework)
    }
  }
}

function tellOfWatch(
  { config, httpServer }: ViteDevServer,
  { dir }: SiteProject,
  framework: Framework
): void {
  const { vitepress } = config as typeof config & { vitepress?: { outDir: string } }
  const written = vitepress?.outDir ?? routerOutput(config)
  const outDir = written === null ? null : path.relative(dir, written)
  httpServer?.once('listening', () =>
    writeOnce(viteLogger(config), { level: 'notice', text: noLivePreview(framework, outDir) })
  )
}

function preview(server: ViteDevServer, project: SiteProject): void {
  const { dir } = project
  const { httpServer } = server
  if (!httpServer) return
  const sessions = devSessions()
  // An edited config, or `r + enter`, starts another server before the one that was is closed.
  sessions.get(dir)?.attach(server)
  offerShortcut(server, () => void sessions.get(dir)?.showLink())
  httpServer.once('listening', () => {
    const open = async (): Promise<void> => {
      if (!httpServer.listening) return
      const { DevSession: Session } = await import('./dev-session.js')
      const session = sessions.get(dir) ?? new Session(project, () => sessions.delete(dir))
      sessions.set(dir, session)
      session.attach(server)
      session.open()
    }
    setTimeout(() => void open(), START_MS).unref()
  })
}

/** Vite binds its shortcuts after all plugins have spoken; in older versions binding more than once runs each twice. */
function offerShortcut(server: ViteDevServer, action: () => void): void {
  const bind = server.bindCLIShortcuts.bind(server)
  server.bindCLIShortcuts = (options) => {
    const ours = {
      key: 's',
      description: 'show the link of the live preview, and a QR code for a phone',
      action
    }
    bind({ ...options, customShortcuts: [...(options?.customShortcuts ?? []), ours] })
  }
}

/** By the folder of the project. */
function devSessions(): Map<string, DevSession> {
  return sharedInProcess('dev sessions', () => new Map<string, DevSession>())
}
